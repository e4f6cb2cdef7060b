/** engine.json: what an engine's folder holds. It is written last; until then the same content is in installing.json, part by part. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseOrThrow } from '@unroll/schema/check.ts';
import * as v from 'valibot';
import { reasonOf, writeAtomically } from '../run/write-atomically.ts';

const unpackedFile = v.object({ path: v.string(), bytes: v.number() });
const part = v.object({
  /** A package, a wheel, or what was made from them. */
  name: v.string(),
  version: v.string(),
  /** Of the file that it came from, or of what it was made from. */
  digest: v.string(),
  /** Paths in the engine's folder. */
  files: v.array(unpackedFile),
});
const manifest = v.object({
  engine: v.literal('tensorflow'),
  device: v.picklist(['cpu', 'gpu']),
  /** Of TensorFlow. */
  version: v.string(),
  /** The package to load from node_modules. */
  package: v.string(),
  parts: v.array(part),
});

/** A file, by its path in the folder it was unpacked into. */
export type UnpackedFile = v.InferOutput<typeof unpackedFile>;
export type Part = v.InferOutput<typeof part>;
export type Manifest = v.InferOutput<typeof manifest>;

const FINISHED = 'engine.json';
const UNFINISHED = 'installing.json';

/** What a finished engine holds; undefined if there is none. @throws if the file is damaged. */
export const readManifest = (folder: string): Manifest | undefined => read(join(folder, FINISHED));

/** What an unfinished engine holds so far. A damaged file counts as none: then everything is installed again. */
export function readUnfinished(folder: string): Manifest | undefined {
  try {
    return read(join(folder, UNFINISHED)) ?? readManifest(folder);
  } catch {
    return undefined;
  }
}

function read(path: string): Manifest | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return parseOrThrow(manifest, JSON.parse(readFileSync(path, 'utf8')), path);
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

export const writeUnfinished = (folder: string, manifest: Manifest): Promise<void> =>
  writeAtomically(join(folder, UNFINISHED), `${JSON.stringify(manifest, undefined, 2)}\n`);

/** Makes an unfinished engine a finished one, without what interrupted attempts have left beside its parts. */
export async function finish(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name !== 'node_modules' && name !== UNFINISHED) await rm(join(folder, name), { recursive: true });
  }
  await rename(join(folder, UNFINISHED), join(folder, FINISHED));
}

/** The first file that is missing or has another size, in words; undefined if there is none. */
export function damageOf(folder: string, { files }: Pick<Part, 'files'>): string | undefined {
  for (const { path, bytes } of files) {
    const found = statSync(join(folder, path), { throwIfNoEntry: false });
    if (!found) return `${path} is missing`;
    if (found.size !== bytes) return `${path} has ${found.size} bytes instead of ${bytes}`;
  }
  return undefined;
}
