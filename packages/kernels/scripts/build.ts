/** Compiles assembly/ to dist/simd.wasm (any engine) and dist/relaxed.wasm (fused multiply-add). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { microKernels } from './micro-kernels.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const builds = { simd: ['simd'], relaxed: ['simd', 'relaxed-simd'] };

mkdirSync(`${root}/assembly/generated`, { recursive: true });
mkdirSync(`${root}/dist`, { recursive: true });
writeFileSync(`${root}/assembly/generated/micro-kernels.ts`, microKernels());

for (const [name, features] of Object.entries(builds)) {
  // The modules live inside another module's heap: they import its memory and must bring no data of their own.
  const { error, stderr } = await asc.main([
    'assembly/index.ts',
    ...['--baseDir', root, '--outFile', `dist/${name}.wasm`],
    ...['--runtime', 'stub', '--importMemory', '--noExportMemory', '--initialMemory', '0'],
    ...['-O3', '--noAssert', '--converge'],
    ...features.flatMap((feature) => ['--enable', feature]),
  ]);
  if (error) {
    console.error(stderr.toString());
    throw error;
  }
}
