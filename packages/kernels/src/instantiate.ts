import { type Arguments, type DescribedKernel, descriptors, descriptorWriter } from './descriptors.ts';
import type { Kernels, Pointer } from './kernels.ts';

/** Each kernel, and whether serving needs it or only training. */
export const kernelUses = {
  gemm: 'serving',
  gemmWorkspaceBytes: 'serving',
  gather: 'serving',
  gatherInt8: 'serving',
  packInt8: 'serving',
  packedInt8Bytes: 'serving',
  matMulInt8: 'serving',
  matMulInt8WorkspaceBytes: 'serving',
  segmentSum: 'training',
  columnSums: 'serving',
  softmaxCrossEntropy: 'training',
  softmaxCrossEntropyWorkspaceBytes: 'training',
  crfForward: 'training',
  crfForwardWorkspaceBytes: 'training',
  crfSavedFloats: 'training',
  crfBackward: 'training',
  crfBackwardWorkspaceBytes: 'training',
  ctc: 'training',
  ctcWorkspaceBytes: 'training',
  layerNormForward: 'serving',
  layerNormBackward: 'training',
  conv1dForward: 'serving',
  conv1dForwardWorkspaceBytes: 'serving',
  conv1dBackward: 'training',
  conv1dBackwardWorkspaceBytes: 'training',
  recurrentForward: 'serving',
  recurrentForwardWorkspaceBytes: 'serving',
  recurrentSavedFloats: 'serving',
  recurrentBackward: 'training',
  recurrentBackwardWorkspaceBytes: 'training',
} satisfies Record<keyof Kernels, 'serving' | 'training'>;

/**
 * The kernels of a compiled build, working on `memory` (for example the heap of a tfjs WASM backend). Pointers are byte offsets
 * into it. The kernels allocate nothing and hold no state; the caller reserves descriptorBytes at `descriptor` for their arguments.
 * The build for serving lacks the kernels of training, which throw when called.
 * @throws if the module is not a build of this package, naming the export that is missing.
 */
export function instantiateKernels(module: WebAssembly.Module, memory: WebAssembly.Memory, descriptor: Pointer): Kernels {
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  function byName<Kernel extends DescribedKernel>(name: Kernel, kernel: CallableFunction) {
    const write = descriptorWriter(name, memory, descriptor);
    return (args: Arguments<Kernel>) => {
      write(args);
      return kernel(descriptor);
    };
  }
  const entries = Object.entries(kernelUses).map(([name, use]) => {
    const kernel = exports[name];
    if (typeof kernel === 'function') return [name, name in descriptors ? byName(name as DescribedKernel, kernel) : kernel];
    if (use === 'serving') throw new Error(`kernels: the WASM module has no export '${name}'; rebuild it with: npm run build`);
    const refuse = () => {
      throw new Error(`kernels: '${name}' is for training, and serving.wasm has no kernels for that; use another build`);
    };
    return [name, refuse];
  });
  return Object.fromEntries(entries) as Kernels;
}
