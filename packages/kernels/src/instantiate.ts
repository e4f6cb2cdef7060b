import type { Kernels } from './kernels.ts';

/** Record: the compiler asks for every name. */
const names = Object.keys({
  gemm: 0,
  gemmWorkspaceBytes: 0,
  segmentSum: 0,
  lstmForward: 0,
  lstmBackward: 0,
  lstmSavedFloats: 0,
  lstmForwardWorkspaceBytes: 0,
  lstmBackwardWorkspaceBytes: 0,
  gruForward: 0,
  gruBackward: 0,
  gruSavedFloats: 0,
  gruForwardWorkspaceBytes: 0,
  gruBackwardWorkspaceBytes: 0,
  rnnForward: 0,
  rnnBackward: 0,
  rnnSavedFloats: 0,
  rnnForwardWorkspaceBytes: 0,
  rnnBackwardWorkspaceBytes: 0,
} satisfies Record<keyof Kernels, 0>);

/**
 * The kernels of a compiled build on somebody's memory (for example the heap of a tfjs WASM backend).
 * Pointers given to them are byte offsets into `memory`. The kernels allocate nothing and hold no state.
 * @throws if the module is not a build of this package, naming the export that is missing.
 */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  for (const name of names) {
    if (typeof exports[name] !== 'function') {
      throw new Error(`kernels: the WASM module has no export '${name}'; rebuild it with: npm run build`);
    }
  }
  return exports as unknown as Kernels;
}
