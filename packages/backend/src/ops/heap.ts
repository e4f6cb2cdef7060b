import * as tf from '@tensorflow/tfjs-core';
import type { Kernels, Pointer } from '@unroll/kernels/kernels.ts';

/** Our kernels on the heap of a tfjs backend. Addresses stay valid while the heap grows; JavaScript views do not. */
export interface Heap {
  readonly kernels: Kernels;
  address(tensor: tf.TensorInfo): Pointer;
  /** @throws when the heap cannot grow that far. */
  allocate(bytes: number): Pointer;
  free(pointer: Pointer): void;
  /** A new uninitialized tensor, float32 if not said. @throws when the heap cannot grow that far. */
  makeOutput(shape: number[], dtype?: 'float32' | 'int32'): tf.TensorInfo;
}

/** Registers a kernel for the WASM backend in place of tfjs's own, if there is one. */
export function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc });
}

/** Runs `use` with scratch memory that is freed whatever happens. */
export function withWorkspace(heap: Heap, bytes: number, use: (workspace: Pointer) => void): void {
  const workspace = heap.allocate(bytes);
  try {
    use(workspace);
  } finally {
    heap.free(workspace);
  }
}
