/** Training leaves memory where it was: the short form of `npm run soak -w @unroll/bench`. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { expect, test } from 'vitest';
import { sparseCategoricalCrossentropy } from './losses.ts';
import { createModel } from './model.ts';
import { parseModelSpec } from './spec.ts';

test('300 steps of changing batch sizes and lengths: no tensor more, the heap no larger than after 100', async () => {
  await startWasmBackend(compileWasmModules());
  const heap = () => (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm.HEAPU8.length;
  const model = createModel(
    parseModelSpec({
      input: { type: 'tokens', maxLength: 40 },
      layers: [
        { type: 'embedding', inputDim: 50, outputDim: 12, maskZero: true },
        { type: 'lstm', units: 20, returnSequences: true, recurrentDropout: 0.2 },
        { type: 'bidirectional', layer: { type: 'gru', units: 9 } },
        { type: 'dense', units: 3 },
      ],
      task: { type: 'classify', labels: ['a', 'b', 'c'] },
    }),
  );
  const init = model.init(1);
  const names = model.weights.map(({ name }) => name);
  const weights = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));

  const step = (i: number) =>
    tf.tidy(() => {
      const [B, T] = [1 + (i % 7), 3 + ((i * 5) % 31)];
      const ids = tf.tensor2d(
        Int32Array.from({ length: B * T }, (_, j) => (j % T > 2 + (j % B) ? 0 : 1 + ((i + j) % 49))),
        [B, T],
        'int32',
      );
      const loss = (...values: tf.Tensor[]) => {
        const params = Object.fromEntries(names.map((name, j) => [name, values[j] as tf.Tensor]));
        const { outputs } = model.apply(params, ids, { trainingKey: [i] });
        return tf.mean(sparseCategoricalCrossentropy(outputs as tf.Tensor2D, tf.zeros([B, 1]))) as tf.Scalar;
      };
      return tf.valueAndGrads(loss)(weights).value.dataSync()[0] as number;
    });

  for (let i = 0; i < 100; i++) expect(step(i)).toBeGreaterThan(0);
  const before = { tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers, heap: heap() };
  for (let i = 100; i < 300; i++) step(i);
  expect({ tensors: tf.memory().numTensors, buffers: tf.memory().numDataBuffers, heap: heap() }).toEqual(before);
});
