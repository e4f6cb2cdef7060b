/** tfjs's WASM backend for a bundler: only what a Worker's models need, so that the bundle stays small. */
import { registerKernel } from '@tensorflow/tfjs-core';
import { servingKernels } from './serving-kernels.ts';

export { BackendWasm } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
export { version as version_wasm } from '@tensorflow/tfjs-backend-wasm/dist/version.js';
export { default as emscriptenFactory } from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js';

for (const config of servingKernels) registerKernel(config);
