import type { WasmModules } from '../../engine.ts';
import { chooseKernels, compileFile } from './choose-kernels.ts';

/** Compiles the modules of `startWasmBackend` in Node. They may be posted to worker threads. */
export function compileWasmModules(kernels: WebAssembly.Module = chooseKernels().module): WasmModules {
  return { tfjs: compileFile('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm'), kernels };
}
