/** tfjs's WASM backend as Node finds it: the CommonJS bundle, which registers every kernel by being imported. */
import { createRequire } from 'node:module';

export { BackendWasm, version_wasm } from '@tensorflow/tfjs-backend-wasm';

// Emscripten's glue, which the bundle does not export. It is CommonJS and untyped.
export const emscriptenFactory: unknown = createRequire(import.meta.url)('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js');
