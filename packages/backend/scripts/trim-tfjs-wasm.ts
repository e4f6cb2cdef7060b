/**
 * Writes dist/tfjs-serving.wasm: tfjs's WASM binary with only what `src/engines/wasm/tfjs-wasm/serving-kernels.ts` calls, a little over half
 * the size. tfjs links all kernels into one file; only its exports keep the unused ones in.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import binaryen from 'binaryen';

const root = join(import.meta.dirname, '..');
const tfjs = dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'));

const module = binaryen.readBinary(readFileSync(join(tfjs, 'wasm-out/tfjs-backend-wasm-simd.wasm')));
module.setFeatures(binaryen.Features.SIMD128);
const exported = Array.from({ length: module.getNumExports() }, (_, i) => binaryen.getExportInfo(module.getExportByIndex(i)).name);

/** What the kernels' sources name: `cwrap('Gather', ...)`, or a kernel's own name where a helper does the rest. */
const list = readFileSync(join(root, 'src/engines/wasm/tfjs-wasm/serving-kernels.ts'), 'utf8');
const sources = [...list.matchAll(/dist\/kernels\/\w+\.js/g)].map(([path]) => readFileSync(join(tfjs, path), 'utf8')).join('\n');
const isKernel = (name: string) => /^_?[A-Z]/.test(name);
for (const name of exported) if (isKernel(name) && !new RegExp(`\\b${name}\\b`).test(sources)) module.removeExport(name);

module.runPasses(['remove-unused-module-elements', 'directize', 'remove-unused-module-elements', 'duplicate-function-elimination']);
const trimmed = Uint8Array.from(module.emitBinary());
if (!WebAssembly.validate(trimmed)) throw new Error('trim-tfjs-wasm: binaryen made an invalid module');
mkdirSync(join(root, 'dist'), { recursive: true });
writeFileSync(join(root, 'dist/tfjs-serving.wasm'), trimmed);
