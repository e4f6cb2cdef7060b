import * as tf from '@tensorflow/tfjs-core';
import { descriptorBytes } from '@unroll/kernels/descriptors.ts';
import { instantiateKernels } from '@unroll/kernels/instantiate.ts';
import { BackendWasm, emscriptenFactory, version_wasm } from '#tfjs-wasm';
import { registerTrainingOps } from '#training-ops';
import type { WasmModules } from '../../engine.ts';
import { registerConv1d } from './ops/conv1d.ts';
import { registerEmptyReductions } from './ops/empty-reductions.ts';
import { registerGather } from './ops/gather.ts';
import type { Heap } from './ops/heap.ts';
import { registerIdentity } from './ops/identity.ts';
import { registerInt8 } from './ops/int8.ts';
import { registerLayerNorm } from './ops/layer-norm.ts';
import { registerMatMul } from './ops/mat-mul.ts';
import { registerRecurrent } from './ops/recurrent.ts';
import { registerSum } from './ops/sum.ts';

export type { WasmModules };

/** The only version whose internals (heap export, malloc, dataIdMap) this file supports. */
const TFJS_VERSION = '4.22.0';

/**
 * Starts tfjs's WASM backend from precompiled modules and makes it current, with our kernels on its heap. They replace
 * BatchMatMul, _FusedMatMul, GatherV2, Identity, Sum and the reductions of empty tensors. They add layer normalization, int8 ops, convolution,
 * fused recurrent ops and, except in a Worker, the ops of training-ops.ts.
 * The same code runs in Node and in workerd. Calling it again replaces the backend and drops its tensors.
 * @throws if tfjs's version or internals are not those that the kernels rely on.
 */
export async function startWasmBackend(modules: WasmModules): Promise<void> {
  expectInternals(version_wasm === TFJS_VERSION, `version ${TFJS_VERSION}, got ${version_wasm}`);
  const { emscripten, memory } = await instantiateTfjs(modules.tfjs);

  if (tf.findBackendFactory('wasm')) tf.removeBackend('wasm');
  const backend = new BackendWasm(emscripten);
  tf.registerBackend('wasm', () => backend);
  if (!(await tf.setBackend('wasm'))) throw new Error('backend: tfjs refused the WASM backend');

  putKernelsOn(backend, modules.kernels, emscripten, memory);
}

/**
 * Puts our kernels on the heap of the current WASM backend, whoever started it, as startWasmBackend does.
 * Returns false and changes nothing if that heap is shared between threads: our kernels are built for the memory of one thread.
 * @throws if the current backend is not tfjs's WASM backend of the version that the kernels rely on.
 */
export function attachKernels(kernels: WebAssembly.Module): boolean {
  expectInternals(version_wasm === TFJS_VERSION, `version ${TFJS_VERSION}, got ${version_wasm}`);
  expectInternals(tf.getBackend() === 'wasm', `the current backend to be wasm, got ${tf.getBackend()}`);
  const backend = tf.backend() as BackendWasm;
  const emscripten = backend.wasm as Emscripten;
  const { memory } = emscripten.asm ?? {};
  expectInternals(memory instanceof WebAssembly.Memory, 'the memory among the Emscripten exports');
  if (!(memory.buffer instanceof ArrayBuffer)) return false;
  putKernelsOn(backend, kernels, emscripten, memory);
  return true;
}

function putKernelsOn(backend: BackendWasm, kernels: WebAssembly.Module, emscripten: Emscripten, memory: WebAssembly.Memory): void {
  function address(tensor: tf.TensorInfo): number {
    const data = backend.dataIdMap.get(tensor.dataId) as { memoryOffset?: unknown };
    expectInternals(typeof data.memoryOffset === 'number', 'tensor data with a numeric memoryOffset');
    return data.memoryOffset >>> 0;
  }
  throwWhenFull(emscripten, memory);
  let outputs: tf.TensorInfo[] = [];
  const heap: Heap = {
    kernels: instantiateKernels(kernels, memory, emscripten._malloc(descriptorBytes) >>> 0),
    address,
    allocate: (bytes) => emscripten._malloc(bytes) >>> 0,
    free: (pointer) => emscripten._free(pointer),
    makeOutput(shape, dtype = 'float32', values) {
      const output = backend.makeOutput(shape, dtype, undefined, values);
      outputs.push(output);
      return output;
    },
    disposeOutputsOnError(run) {
      outputs = [];
      try {
        return run();
      } catch (error) {
        for (const { dataId } of outputs) backend.disposeData(dataId);
        throw error;
      } finally {
        outputs = [];
      }
    },
  };
  registerIdentity();
  registerGather(heap);
  registerMatMul(heap);
  registerSum(heap);
  registerEmptyReductions(heap);
  registerInt8(heap);
  registerLayerNorm(heap);
  registerConv1d(heap);
  registerRecurrent(heap);
  registerTrainingOps(heap);
  expectInternals(probeIsRight(), 'a heap that the kernels can read and write: a probe sum came out wrong');
}

/**
 * Makes a failed allocation an error. tfjs uses the null pointer as an address: its kernels would overwrite the constants
 * at that address, and no later op would work.
 */
function throwWhenFull(emscripten: Emscripten, memory: WebAssembly.Memory): void {
  // The first call of Emscripten's stub puts the real function in its own place.
  emscripten._free(emscripten._malloc(1));
  const allocate = emscripten._malloc;
  emscripten._malloc = (bytes) => {
    const pointer = allocateWithin(memory, bytes, allocate, emscripten._free);
    if (pointer === 0 && bytes > 0) {
      throw new Error(
        `backend: out of memory: needed ${bytes} more bytes on a heap of ${memory.buffer.byteLength}, which can grow to 4 GB at most; ` +
          'use smaller batches or shorter sequences, or dispose of tensors',
      );
    }
    return pointer;
  };
}

/**
 * A pointer to `bytes` bytes, or 0. Emscripten's emmalloc adds address and size in 32 bits: when the sum overflows, a free region
 * near 4 GB looks large enough. Such regions stay allocated until the search is over.
 */
function allocateWithin(
  memory: WebAssembly.Memory,
  bytes: number,
  allocate: (bytes: number) => number,
  free: (pointer: number) => void,
): number {
  // The argument has 32 bits too.
  if (bytes >= 2 ** 32) return 0;
  const tooSmall: number[] = [];
  let pointer = allocate(bytes) >>> 0;
  while (pointer + bytes > memory.buffer.byteLength) {
    tooSmall.push(pointer);
    pointer = allocate(bytes) >>> 0;
  }
  for (const region of tooSmall) free(region);
  return pointer;
}

/** The Emscripten module as tfjs types it, plus what every Emscripten module has. */
type Emscripten = ConstructorParameters<typeof BackendWasm>[0] & {
  _malloc(bytes: number): number;
  _free(pointer: number): void;
  asm?: { memory?: unknown };
  cwrap(name: string, result: string | null, parameters: string[]): () => never;
};

/** Emscripten's glue with the instance handed over instead of fetched and compiled, which workerd forbids. */
async function instantiateTfjs(module: WebAssembly.Module): Promise<{ emscripten: Emscripten; memory: WebAssembly.Memory }> {
  expectInternals(typeof emscriptenFactory === 'function', 'an Emscripten factory function');
  const exportsMemory = WebAssembly.Module.exports(module).some(({ kind }) => kind === 'memory');
  expectInternals(exportsMemory, 'a WASM build that exports its memory (simd or plain, not threaded)');
  let memory: unknown;
  const emscripten = (await emscriptenFactory({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(module, imports);
      memory = Object.values(instance.exports).find((value) => value instanceof WebAssembly.Memory);
      done(instance);
      return instance.exports;
    },
  })) as Emscripten;
  expectInternals(memory instanceof WebAssembly.Memory, 'glue that instantiates the module it is given');
  expectInternals(
    [emscripten.cwrap, emscripten._malloc, emscripten._free].every((member) => typeof member === 'function'),
    'cwrap, _malloc and _free on the Emscripten module',
  );
  emscripten.tfjs = {
    init: emscripten.cwrap('init', null, []),
    initWithThreadsCount: emscripten.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: emscripten.cwrap('get_threads_count', 'number', []),
    registerTensor: emscripten.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: emscripten.cwrap('dispose_data', null, ['number']),
    dispose: emscripten.cwrap('dispose', null, []),
  };
  return { emscripten, memory };
}

/** Whether the smallest of our kernels computes a sum right. V8 compiles the others when they are first called. */
function probeIsRight(): boolean {
  return tf.tidy(
    () =>
      tf
        .sum(tf.tensor2d([1, 2, 3, 4], [2, 2]), 0)
        .dataSync()
        .join() === '4,6',
  );
}

function expectInternals(holds: boolean, expected: string): asserts holds {
  if (!holds) {
    throw new Error(
      `backend: this version of @tensorflow/tfjs-backend-wasm is unsupported: expected ${expected}. ` +
        `Install exactly ${TFJS_VERSION} of every @tensorflow/tfjs-* package.`,
    );
  }
}
