/** Training steps on batches of changing size, length and padding. They must not grow memory. */
import * as tf from '@tensorflow/tfjs-core';
import { createModel } from '../src/model.ts';
import { parseModelSpec } from '../src/spec.ts';
import { sparseCategoricalCrossentropy } from '../src/tasks/losses.ts';

/** Every cell, with mask and dropout, through the fused kernels. */
const spec = {
  input: { type: 'tokens', maxLength: 64 },
  layers: [
    { type: 'embedding', inputDim: 500, outputDim: 32, maskZero: true },
    { type: 'lstm', units: 32, returnSequences: true, recurrentDropout: 0.2 },
    { type: 'simpleRNN', units: 20, returnSequences: true },
    { type: 'layerNormalization' },
    { type: 'bidirectional', layer: { type: 'gru', units: 9, resetAfter: false } },
    { type: 'dense', units: 4 },
  ],
  task: { type: 'classify', labels: ['a', 'b', 'c', 'd'] },
};

/** Runs step i and returns its loss. Weights do not change. */
export function createSoak(): (i: number) => number {
  const model = createModel(parseModelSpec(spec));
  const init = model.init(1);
  const names = model.weights.map(({ name }) => name);
  const weights = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));
  return (i) =>
    tf.tidy(() => {
      const [B, T] = [1 + (i % 32), 2 + ((i * 13) % 62)];
      const ids = Int32Array.from({ length: B * T }, (_, j) => (j % T > (j * 7) % T ? 0 : 1 + ((i + j) % 499)));
      const loss = (...values: tf.Tensor[]) => {
        const params = Object.fromEntries(names.map((name, j) => [name, values[j] as tf.Tensor]));
        const { outputs } = model.apply(params, tf.tensor2d(ids, [B, T], 'int32'), { trainingKey: [i] });
        return tf.mean(sparseCategoricalCrossentropy(outputs as tf.Tensor2D, tf.zeros([B, 1]))) as tf.Scalar;
      };
      return tf.valueAndGrads(loss)(weights).value.dataSync()[0] as number;
    });
}

export interface MemoryUse {
  tensors: number;
  buffers: number;
  /** Bytes of the WASM heap. */
  heap: number;
}

/** What tfjs and its WASM backend hold now. */
export function memoryUse(): MemoryUse {
  const { HEAPU8 } = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
  const { numTensors: tensors, numDataBuffers: buffers } = tf.memory();
  return { tensors, buffers, heap: HEAPU8.length };
}
