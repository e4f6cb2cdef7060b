import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chooseBuild, type KernelBuild } from '@unroll/kernels/choose.ts';
import type { WasmModules } from './wasm.ts';

/**
 * Compiles, in Node, the modules that `startWasmBackend` wants. They may be posted to worker threads.
 * @throws if the kernels have not been built.
 */
export function compileWasmModules(build: KernelBuild = chooseBuild()): WasmModules {
  return {
    tfjs: compile('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm'),
    kernels: compile(`@unroll/kernels/${build}.wasm`),
  };
}

function compile(specifier: string): WebAssembly.Module {
  const path = createRequire(import.meta.url).resolve(specifier);
  try {
    return new WebAssembly.Module(readFileSync(path));
  } catch (cause) {
    throw new Error(`backend: cannot load ${path}; build it with: npm run build`, { cause });
  }
}
