import type { Kernels } from './kernels.ts';

/**
 * The kernels of a compiled build on somebody's memory (for example the heap of a tfjs WASM backend).
 * Pointers given to them are byte offsets into `memory`. The kernels allocate nothing and hold no state.
 * @throws if the module is not a build of this package, naming the export that is missing.
 */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  for (const name of ['gemm', 'gemmWorkspaceBytes', 'segmentSum'] satisfies (keyof Kernels)[]) {
    if (typeof exports[name] !== 'function') {
      throw new Error(`kernels: the WASM module has no export '${name}'; rebuild it with: npm run build`);
    }
  }
  return exports as unknown as Kernels;
}
