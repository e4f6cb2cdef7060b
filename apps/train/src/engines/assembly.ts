/** A folder in which an engine is assembled part by part, so that an interrupted installation resumes. */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { damageOf, type Manifest, type Part, readUnfinished, type UnpackedFile, writeUnfinished } from './manifest.ts';

export interface Assembly {
  folder: string;
  /** A folder for downloads and the like. It goes when the engine is finished. */
  scratch: string;
  /** Whether the part is there, with all its files. */
  has(part: PartName): boolean;
  /** Makes a part, unless it is there, and records it. `make` gives its files by their paths in the folder. */
  add(part: PartName, make: () => Promise<UnpackedFile[]>): Promise<void>;
}

export type PartName = Omit<Part, 'files'>;

/** Opens or begins an assembly. Recorded parts that are not among `wanted` are removed: they are of other versions. */
export async function openAssembly(folder: string, about: Omit<Manifest, 'parts'>, wanted: readonly PartName[]): Promise<Assembly> {
  const scratch = join(folder, 'scratch');
  await mkdir(scratch, { recursive: true });
  let parts: Part[] = [];
  for (const part of readUnfinished(folder)?.parts ?? []) {
    if (wanted.some((each) => isSame(each, part))) parts.push(part);
    else for (const { path } of part.files) await rm(join(folder, path), { force: true });
  }
  const has = (part: PartName) => parts.some((each) => isSame(each, part) && damageOf(folder, each) === undefined);
  return {
    folder,
    scratch,
    has,
    async add(part, make) {
      if (!has(part)) parts = [...parts.filter(({ name }) => name !== part.name), { ...part, files: await make() }];
      await writeUnfinished(folder, { ...about, parts });
    },
  };
}

const isSame = (a: PartName, b: PartName) => a.name === b.name && a.version === b.version && a.digest === b.digest;
