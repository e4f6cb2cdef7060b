import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf } from '../run/write-atomically.ts';
import { damageOf, type Manifest, readManifest } from './manifest.ts';

/** What a folder of an engine is worth. */
export type EngineState =
  | { state: 'complete'; manifest: Manifest }
  | { state: 'unfinished' }
  /** `reason`: what is wrong, in words. */
  | { state: 'damaged'; reason: string };

/** Whether an engine's folder is complete, with every file in its right size. */
export function stateOf(folder: string): EngineState {
  if (folder.endsWith('.partial')) return { state: 'unfinished' };
  try {
    const manifest = readManifest(folder);
    if (!manifest) return { state: 'damaged', reason: 'it has no engine.json' };
    const reason = manifest.parts.map((part) => damageOf(folder, part)).find((each) => each !== undefined);
    return reason === undefined ? { state: 'complete', manifest } : { state: 'damaged', reason };
  } catch (error) {
    return { state: 'damaged', reason: (error as Error).message };
  }
}

export interface FoundEngine {
  path: string;
  version: string;
  device: string;
  state: EngineState;
}

const engineFolder = /^tensorflow-(?<version>[\d.]+)-(?<device>cpu|gpu)(\.partial)?$/;

/** Every engine in the folder of engines, also unfinished and damaged ones. @throws if the folder cannot be read. */
export function findEngines(engines: string): FoundEngine[] {
  if (!existsSync(engines)) return [];
  try {
    return readdirSync(engines)
      .sort()
      .flatMap((name) => {
        const { version, device } = engineFolder.exec(name)?.groups ?? {};
        const path = join(engines, name);
        return version && device ? [{ path, version, device, state: stateOf(path) }] : [];
      });
  } catch (cause) {
    throw new Error(`cannot read the folder of engines ${engines}: ${reasonOf(cause)}`, { cause });
  }
}
