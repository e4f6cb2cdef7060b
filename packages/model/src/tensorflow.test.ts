/** Whole models on the tensorflow engine against the same models on wasm. */
import '@unroll/backend/gradients.ts';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { crfLoss } from '@unroll/ops/crf-op.ts';
import { ctcLoss } from '@unroll/ops/ctc-op.ts';
import { describe, expect, test } from 'vitest';
import { gradientCases, gradientsOf, randomParams } from '../testing/gradient-cases.ts';
import { lossOf } from '../testing/losses-of.ts';
import { createSoak } from '../testing/soak.ts';
import { everyOption, hasTensorflow, startTensorflow, startWasm, tensorflowSetup } from '../testing/tensorflow-engine.ts';
import { createModel } from './model.ts';
import { createRunner, type ServedArtifact } from './serving/runner.ts';
import { parseModelSpec } from './spec.ts';
import { sparseCategoricalCrossentropy } from './tasks/losses.ts';

/** What `compute` gives on each engine. */
async function onBoth<T>(compute: () => T): Promise<{ wasm: T; tensorflow: T }> {
  await startWasm();
  const wasm = compute();
  await startTensorflow();
  return { wasm, tensorflow: compute() };
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, what: string, bound = 1e-4): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  for (let i = 0; i < expected.length; i++) {
    expect(Math.abs((actual[i] as number) - (expected[i] as number)) / scale, `${what}[${i}]`).toBeLessThan(bound);
  }
}

const spec = {
  input: { type: 'tokens', maxLength: 6 },
  layers: [
    { type: 'embedding', inputDim: 9, outputDim: 8, maskZero: true },
    { type: 'lstm', units: 8, returnSequences: true },
    { type: 'gru', units: 8 },
    { type: 'dense', units: 3 },
  ],
  task: { type: 'classify', labels: ['a', 'b', 'c'] },
} as const;

describe.skipIf(!hasTensorflow)('the tensorflow engine', () => {
  test('gradients of every cell and layer equal those on wasm', async () => {
    const all = () => gradientCases.map(([, lossCase]) => gradientsOf(lossCase, randomParams(lossOf(lossCase).shapes)));
    const { wasm, tensorflow } = await onBoth(all);
    for (const [i, [name]] of gradientCases.entries()) {
      const [expected, actual] = [wasm[i], tensorflow[i]] as [(typeof wasm)[number], (typeof wasm)[number]];
      expectClose([actual.value], [expected.value], `${name}: the loss`);
      for (const [weight, gradient] of Object.entries(expected.gradients)) {
        expectClose(actual.gradients[weight] as Float32Array, gradient, `${name}: ${weight}`);
      }
    }
  });

  test('gradients that are computed again have the same bits', async () => {
    await startTensorflow();
    for (const [name, lossCase] of gradientCases.slice(0, everyOption ? gradientCases.length : 4)) {
      const params = randomParams(lossOf(lossCase).shapes);
      expect(gradientsOf(lossCase, params), name).toEqual(gradientsOf(lossCase, params));
    }
  });

  test('a cell step by step, when the scan is asked for', async () => {
    const [, lossCase] = gradientCases.find(([name]) => name === 'gru resetAfter, all steps, masked') as (typeof gradientCases)[number];
    const params = randomParams(lossOf(lossCase).shapes);
    await startWasm();
    const expected = gradientsOf(lossCase, params);
    await startTensorflow('scan');
    expect(tf.getKernel('UnrollRecurrent', 'tensorflow')).toBeUndefined();
    const actual = gradientsOf(lossCase, params);
    for (const [weight, gradient] of Object.entries(expected.gradients)) {
      expectClose(actual.gradients[weight] as Float32Array, gradient, weight);
    }
  });

  test('losses of changing batches equal those on wasm, and no tensor or handle stays', async () => {
    const losses = () => {
      const step = createSoak();
      return Array.from({ length: 12 }, (_, i) => step(i));
    };
    const { wasm, tensorflow } = await onBoth(losses);
    expectClose(tensorflow, wasm, 'loss');
    const engine = await startTensorflow();
    const step = createSoak();
    const use = () => ({ tensors: tf.memory().numTensors, handles: engine.handles?.() });
    step(0);
    const before = use();
    for (let i = 1; i < 30; i++) step(i);
    expect(before.handles).toBeGreaterThan(0);
    expect(use()).toEqual(before);
  });

  test('losses of label sequences fall back to plain ops, and agree', async () => {
    const compute = () =>
      tf.tidy(() => {
        const lengths = { frames: tf.tensor1d([6, 4, 2], 'int32'), targetLengths: tf.tensor1d([2, 0, 3], 'int32') };
        const targets = tf.tensor2d([1, 1, 0, 0, 0, 0, 1, 2, 3], [3, 3], 'int32');
        const ctc = (logits: tf.Tensor) =>
          ctcLoss({ logits: logits as tf.Tensor3D, targets, ...lengths }, { blank: 0, zeroInfinity: true });
        const labels = tf.tensor2d([0, 1, 2, 1, 1, 0], [2, 3], 'int32');
        const mask = tf.tensor2d([1, 1, 1, 1, 0, 1], [2, 3], 'bool');
        const allowed = {
          transitions: [true, true, true, true, true, true, true, false, true],
          start: [true, true, true],
          end: [true, true, true],
        };
        const crf = (...[emissions, transitions, start, end]: tf.Tensor[]) =>
          crfLoss(
            { emissions: emissions as tf.Tensor3D, labels, mask },
            { transitions: transitions as tf.Tensor2D, start: start as tf.Tensor1D, end: end as tf.Tensor1D },
            { allowed, zeroInfinity: true },
          );
        const logits = tf.tensor(
          Float32Array.from({ length: 72 }, (_, i) => Math.sin(i * 1.7) * 2),
          [3, 6, 4],
        );
        const scores = [[2, 3, 3], [3, 3], [3], [3]].map((shape, seed) =>
          tf.tensor(
            Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.cos(i * 2.3 + seed)),
            shape,
          ),
        );
        const gradients = [
          tf.grad((x) => tf.sum(ctc(x).losses))(logits),
          ...tf.grads((...given: tf.Tensor[]) => tf.sum(crf(...given).losses))(scores),
        ];
        const results = [ctc(logits).losses, ctc(logits).impossible, crf(...scores).losses, crf(...scores).impossible, ...gradients];
        return results.map((result) => Array.from(result.dataSync()));
      });
    const { wasm, tensorflow } = await onBoth(compute);
    expect(wasm[1]).toEqual([0, 0, 1]);
    for (const [i, expected] of wasm.entries()) expectClose(tensorflow[i] as number[], expected, `result ${i}`, 1e-5);
  });

  test('an artifact with int8 weights runs on their float32 values', async () => {
    const model = createModel(parseModelSpec(spec));
    const init = model.init(3);
    const floats = Object.fromEntries(
      model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
    );
    const artifact: ServedArtifact = { name: 'm', spec, weights: quantizeWeights(floats) };
    const sample = { values: [3, 1, 4, 1, 5], steps: 5 };
    const { wasm, tensorflow } = await onBoth(() => {
      const runner = createRunner(artifact);
      const output = Float32Array.from(runner.run([sample]).at(0, 4));
      runner.dispose();
      return output;
    });
    // wasm quantizes activations as well, to 14 bits.
    expectClose(tensorflow, wasm, 'output', 1e-3);
  });

  test('threads compute the same at once, and may be terminated in the middle of a step', { timeout: 60_000 }, async () => {
    await startTensorflow();
    const step = createSoak();
    const expected = [0, 1, 2].map(step).at(-1);
    const start = () =>
      new Promise<{ worker: Worker; loss: number }>((resolve, reject) => {
        const worker = new Worker(new URL('../testing/tensorflow-thread.ts', import.meta.url), { workerData: tensorflowSetup() });
        worker.once('message', (loss: number) => resolve({ worker, loss })).once('error', reject);
      });
    for (let round = 0; round < 3; round++) {
      const threads = await Promise.all([start(), start()]);
      expect(threads.map(({ loss }) => loss)).toEqual([expected, expected]);
      step(3);
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    }
    expect([0, 1, 2].map(step).at(-1)).toBe(expected);
  });

  // TensorFlow waits ten seconds for memory before it gives up.
  test.runIf(everyOption)('out of memory: which op, and smaller shards as the remedy', { timeout: 60_000 }, async () => {
    await startTensorflow();
    const huge = () => tf.tidy(() => tf.fill([2 ** 20, 2 ** 20, 64], 1));
    expect(huge).toThrow(/^tensorflow: the (machine|GPU) is out of memory in Fill\. Smaller shards need less: twice the training\.shards/);
  });

  describe('cross-entropy', () => {
    const logits = (n: number) =>
      tf.tensor2d(
        Float32Array.from({ length: n * 3 }, (_, i) => Math.sin(i * 5) * 30),
        [n, 3],
      );
    const gradient = (labels: number[]) =>
      tf.tidy(() => {
        const targets = tf.tensor2d(labels, [labels.length, 1]);
        const loss = (x: tf.Tensor) => tf.sum(sparseCategoricalCrossentropy(x as tf.Tensor2D, targets)) as tf.Scalar;
        const { value, grad } = tf.valueAndGrad(loss)(logits(labels.length));
        return [...value.dataSync(), ...grad.dataSync()];
      });

    test.each([[[2, 0, 1, 1]], [[]]])('of labels %j', async (labels) => {
      const { wasm, tensorflow } = await onBoth(() => gradient(labels));
      expectClose(tensorflow, wasm, 'loss and gradient');
    });

    test.each([[[0, 3]], [[0, -1]]])('a label that is no class is refused by name: %j', async (labels) => {
      await startTensorflow();
      expect(() => gradient(labels)).toThrow(`cross-entropy: label ${labels[1]} of row 1 is outside 3 classes`);
    });
  });

  describe('what wasm computes by kernels of its own', () => {
    test('an id outside the table of an embedding is refused', async () => {
      await startTensorflow();
      expect(() => tf.gather(tf.zeros([4, 2]), tf.tensor1d([1, 4], 'int32'))).toThrow('the index value 4 is not in [0, 3]');
    });

    test('reductions of no numbers', async () => {
      const { wasm, tensorflow } = await onBoth(() =>
        [tf.sum, tf.prod, tf.max, tf.min].flatMap((reduce) => Array.from(reduce(tf.zeros([2, 0]), 1).dataSync(), String)),
      );
      expect(tensorflow).toEqual(wasm);
    });

    test('the gradient of an embedding adds up ids that repeat', async () => {
      const { wasm, tensorflow } = await onBoth(() => {
        const ids = tf.tensor2d([1, 2, 1, 0, 1, 2], [2, 3], 'int32');
        return Array.from(
          tf
            .grad((table: tf.Tensor) => tf.sum(tf.square(tf.gather(table, ids))))(tf.ones([4, 2]))
            .dataSync(),
        );
      });
      expect(tensorflow).toEqual(wasm);
    });

    test('tensors of shared memory', async () => {
      const shared = new Float32Array(new SharedArrayBuffer(16));
      shared.set([1, 2, 3, 4]);
      const { wasm, tensorflow } = await onBoth(() => Array.from(tf.mul(tf.tensor1d(shared), 2).dataSync()));
      expect(tensorflow).toEqual(wasm);
    });
  });
});
