/**
 * Compiles assembly/ to dist/: simd.wasm (any engine), relaxed.wasm (fused multiply-add), revectorized.wasm (for V8's
 * revectorizer), and serving.wasm (relaxed.wasm without the kernels of training).
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';
import { descriptorClasses } from '../src/descriptors.ts';
import { microKernels, type TileShape } from './micro-kernels.ts';
import { quantizedKernels } from './quantized-kernels.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

const builds: Record<string, TileShape & { features: string[]; entry?: string }> = {
  simd: { panel: 8, features: ['simd'] },
  relaxed: { panel: 8, features: ['simd', 'relaxed-simd'] },
  revectorized: { panel: 16, features: ['simd', 'relaxed-simd'] },
  serving: { panel: 8, features: ['simd', 'relaxed-simd'], entry: 'serving' },
};

mkdirSync(`${root}/assembly/generated`, { recursive: true });
mkdirSync(`${root}/dist`, { recursive: true });
writeFileSync(`${root}/assembly/generated/descriptors.ts`, descriptorClasses());

for (const [name, { features, entry = 'index', ...shape }] of Object.entries(builds)) {
  writeFileSync(`${root}/assembly/generated/micro-kernels.ts`, microKernels(shape) + quantizedKernels(features.includes('relaxed-simd')));
  // The modules live inside another module's heap: they import its memory and must bring no data of their own.
  const { error, stderr } = await asc.main([
    `assembly/${entry}.ts`,
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
