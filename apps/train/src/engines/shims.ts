import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { UnpackedFile } from './manifest.ts';

/**
 * The packages that tfjs-node imports, as one line each: the tfjs-core of the process, which the tensorflow engine puts there before it
 * loads tfjs-node. The real packages are 141 MB, and a second tfjs-core would have its own backends and its own kernels.
 */
const names = ['@tensorflow/tfjs-core', '@tensorflow/tfjs'];
const source = "module.exports = globalThis[Symbol.for('unroll.tfjs-core')];\n";

/** Writes the packages into node_modules of the engine's folder, and gives their paths there and sizes. */
export async function addShims(folder: string, version: string): Promise<UnpackedFile[]> {
  const files = names.flatMap((name) => [
    { path: join('node_modules', name, 'package.json'), text: `${JSON.stringify({ name, version, main: 'index.js' })}\n` },
    { path: join('node_modules', name, 'index.js'), text: source },
  ]);
  return Promise.all(
    files.map(async ({ path, text }) => {
      await mkdir(join(folder, path, '..'), { recursive: true });
      await writeFile(join(folder, path), text);
      return { path, bytes: (await stat(join(folder, path))).size };
    }),
  );
}
