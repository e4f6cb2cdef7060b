import * as tf from '@tensorflow/tfjs-core';
import type { Kernels, Pointer } from '@unroll/kernels/kernels.ts';

/** Our kernels on the heap of a tfjs backend. Addresses stay valid while the heap grows; JavaScript views do not. */
export interface Heap {
  readonly kernels: Kernels;
  address(tensor: tf.TensorInfo): Pointer;
  /** @throws when the heap cannot grow that far. */
  allocate(bytes: number): Pointer;
  free(pointer: Pointer): void;
  /** A new tensor, float32 unless said otherwise, uninitialized without `values`. @throws when the heap cannot grow that far. */
  makeOutput(shape: number[], dtype?: tf.DataType, values?: tf.backend_util.BackendValues): tf.TensorInfo;
  /** What `run` returns. If it throws, the tensors it made are disposed of. */
  disposeOutputsOnError<T>(run: () => T): T;
}

/** Registers an op of ours, or one of ours in place of tfjs's. If it throws, no tensor stays behind. */
export function registerOp(heap: Heap, kernelName: string, op: tf.KernelFunc): void {
  replaceKernel(kernelName, (call) => heap.disposeOutputsOnError(() => op(call)));
}

/**
 * Registers a kernel for the WASM backend in place of tfjs's own, if there is one. The setup of tfjs's kernel stays: it binds
 * the kernel, on which ours may fall back, to each backend that starts.
 */
export function replaceKernel(kernelName: string, kernelFunc: tf.KernelFunc): void {
  const { setupFunc } = tf.getKernel(kernelName, 'wasm') ?? {};
  if (tf.getKernel(kernelName, 'wasm')) tf.unregisterKernel(kernelName, 'wasm');
  tf.registerKernel({ kernelName, backendName: 'wasm', kernelFunc, ...(setupFunc && { setupFunc }) });
}

/** The largest workspace that is kept. A larger one is freed after its use. */
const MOST_KEPT_BYTES = 64 * 2 ** 20;

/** Each heap's workspace, kept between calls: allocating megabytes in every call would fragment the heap. */
const kept = new WeakMap<Heap, { pointer: Pointer; bytes: number }>();

/** Runs `use` with scratch memory. `use` must not call this function. */
export function withWorkspace(heap: Heap, bytes: number, use: (workspace: Pointer) => void): void {
  if (bytes > MOST_KEPT_BYTES) {
    const workspace = heap.allocate(bytes);
    try {
      use(workspace);
    } finally {
      heap.free(workspace);
    }
    return;
  }
  let workspace = kept.get(heap);
  if (!workspace || workspace.bytes < bytes) {
    if (workspace) heap.free(workspace.pointer);
    kept.delete(heap);
    // A quarter more, so that slowly growing sizes do not move it in every call.
    const room = Math.min(MOST_KEPT_BYTES, Math.ceil(bytes * 1.25));
    workspace = { pointer: heap.allocate(room), bytes: room };
    kept.set(heap, workspace);
  }
  use(workspace.pointer);
}
