import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '../../gradients.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { compileWasmModules } from './compile.ts';
import { startWasmBackend } from './start.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

/** The same computation on tfjs's plain JavaScript backend: the oracle for every shape. */
async function expectLikeCpu(compute: () => tf.Tensor) {
  const fast = compute();
  const actual = Array.from(fast.dataSync());
  await tf.setBackend('cpu');
  const slow = compute();
  const expected = Array.from(slow.dataSync());
  await tf.setBackend('wasm');
  expect(fast.shape).toEqual(slow.shape);
  expect(actual.length).toBe(expected.length);
  const worst = actual.reduce((max, value, i) => Math.max(max, Math.abs(value - (expected[i] ?? Number.NaN))), 0);
  expect(worst).toBeLessThan(1e-4);
}

const wave = (shape: number[], phase = 0) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.7 + phase)),
    shape,
  );

describe('BatchMatMul', () => {
  const shapes: [string, number[], number[], boolean, boolean][] = [
    ['matrix', [5, 7], [7, 9], false, false],
    ['Aᵀ', [7, 5], [7, 9], true, false],
    ['Bᵀ', [5, 7], [9, 7], false, true],
    ['AᵀBᵀ', [7, 5], [9, 7], true, true],
    ['batch', [3, 5, 7], [3, 7, 9], false, false],
    ['one b for all a', [3, 5, 7], [1, 7, 9], false, false],
    ['one a for all b', [1, 5, 7], [3, 7, 9], false, false],
    ['missing axes', [2, 3, 5, 7], [7, 9], false, false],
    ['row', [1, 300], [300, 17], false, false],
  ];
  test.each(shapes)('%s', async (_, a, b, transposeA, transposeB) => {
    await expectLikeCpu(() => tf.matMul(wave(a), wave(b, 1), transposeA, transposeB));
  });

  test('broadcasts both ways, where tfjs itself makes too few products', () => {
    const [a, b] = [wave([2, 1, 5, 7]), wave([1, 3, 9, 7], 1)];
    const implicit = tf.matMul(a, b, false, true);
    const explicit = tf.matMul(tf.broadcastTo(a, [2, 3, 5, 7]), tf.broadcastTo(b, [2, 3, 9, 7]), false, true);
    expect(implicit.shape).toEqual([2, 3, 5, 9]);
    expect(implicit.dataSync()).toEqual(explicit.dataSync());
  });

  test('no rows', () => {
    expect(tf.matMul(wave([0, 7]), wave([7, 9])).shape).toEqual([0, 9]);
  });

  test('gradients of both operands', async () => {
    const [a, b] = [wave([4, 6]), wave([6, 5], 1)];
    for (const which of [0, 1]) {
      await expectLikeCpu(() => tf.grads((x, y) => tf.sum(tf.square(tf.matMul(x, y))))([a, b])[which] as tf.Tensor);
    }
  });

  test('names the inner sizes that differ', () => {
    expect(() =>
      tf.engine().runKernel('BatchMatMul', { a: wave([2, 3]), b: wave([4, 5]) }, { transposeA: false, transposeB: false }),
    ).toThrow('inner sizes differ: [2,3] · [4,5] (3 and 4)');
  });
});

describe('_FusedMatMul', () => {
  const activations = ['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const;
  test.each(activations)('bias and %s', async (activation) => {
    await expectLikeCpu(() =>
      tf.fused.matMul({
        a: wave([5, 7]),
        b: wave([7, 9], 1),
        bias: wave([9], 2),
        activation,
        ...(activation === 'prelu' && { preluActivationWeights: wave([5, 9], 3) }),
        ...(activation === 'leakyrelu' && { leakyreluAlpha: 0.3 }),
      }),
    );
  });
});

describe('UnsortedSegmentSum', () => {
  test('sums rows by id', async () => {
    const ids = tf.tensor1d([2, 0, 2, 3], 'int32');
    await expectLikeCpu(() => tf.unsortedSegmentSum(wave([4, 5]), ids, 5));
    await expectLikeCpu(() => tf.unsortedSegmentSum(wave([4, 2, 3]), ids, 5));
  });

  test('is the gradient of an embedding lookup', async () => {
    const ids = tf.tensor2d(
      [
        [1, 1, 3],
        [0, 1, 2],
      ],
      [2, 3],
      'int32',
    );
    await expectLikeCpu(() => tf.grad((table: tf.Tensor) => tf.sum(tf.square(tf.gather(table, ids))))(wave([6, 4])));
  });
});

describe('GatherV2', () => {
  test('rows, and all that is not rows, as tfjs has them', async () => {
    const ids = tf.tensor2d(
      [
        [3, 0],
        [1, 3],
      ],
      [2, 2],
      'int32',
    );
    await expectLikeCpu(() => tf.gather(wave([4, 5]), ids));
    await expectLikeCpu(() => tf.gather(wave([4, 5, 2]), tf.tensor1d([2], 'int32')));
    await expectLikeCpu(() => tf.gather(wave([4, 5]), ids, 1));
    await expectLikeCpu(() => tf.gather(wave([4]), ids));
    await expectLikeCpu(() => tf.gather(wave([2, 5]), ids, 1, 1));
  });

  test.each([-1, 4])('index %i is refused by name', (id) => {
    const before = tf.memory().numTensors;
    expect(() => tf.tidy(() => tf.gather(wave([4, 5]), tf.tensor1d([0, id], 'int32')))).toThrow(
      `gather: index ${id} (number 1 of 2) is outside the 4 rows of [4,5]`,
    );
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('Sum', () => {
  test('over leading axes, other axes and all, as tfjs has them', async () => {
    for (const axis of [0, [0, 1], [1], [2], [0, 2], [0, 1, 2], undefined, -1, [-3, -2]]) {
      await expectLikeCpu(() => tf.sum(wave([7, 5, 13]), axis));
      await expectLikeCpu(() => tf.sum(wave([7, 5, 13]), axis, true));
    }
    await expectLikeCpu(() => tf.sum(wave([0, 4]), 0));
    await expectLikeCpu(() => tf.sum(tf.tensor2d([1, 2, 3, 4], [2, 2], 'int32'), 0));
  });
});

test('reductions and products of no numbers give the identity, never uninitialized memory', () => {
  tf.dispose(Array.from({ length: 20 }, (_, i) => tf.fill([i + 1], 7)));
  const values = (x: tf.Tensor) => Array.from(x.dataSync());
  expect(values(tf.matMul(tf.zeros([3, 0]), tf.zeros([0, 4])))).toEqual(new Array(12).fill(0));
  expect(values(tf.fused.matMul({ a: tf.zeros([2, 0]), b: tf.zeros([0, 3]), bias: tf.tensor1d([1, 2, 3]) }))).toEqual([1, 2, 3, 1, 2, 3]);
  const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
  const reductions = [
    [tf.sum, 0],
    [tf.prod, 1],
    [tf.mean, nan],
    [tf.max, -infinity],
    [tf.min, infinity],
  ] as const;
  for (const [reduce, identity] of reductions) {
    expect(values(reduce(tf.zeros([0, 4])))).toEqual([identity]);
    expect(values(reduce(tf.zeros([0, 4]), 0))).toEqual(new Array(4).fill(identity));
    expect(values(reduce(tf.zeros([3, 0]), 1))).toEqual(new Array(3).fill(identity));
    expect(reduce(tf.zeros([2, 0, 3]), [1], true).shape).toEqual([2, 1, 3]);
    expect(reduce(tf.zeros([0, 4, 3]), 1).shape).toEqual([0, 3]);
  }
  expect(values(tf.sum(tf.zeros([0, 4], 'int32')))).toEqual([0]);
  expect(values(tf.max(tf.zeros([0], 'int32')))).toEqual([-(2 ** 31)]);
  expect([tf.any, tf.all].flatMap((reduce) => values(reduce(tf.zeros([0], 'bool'))))).toEqual([0, 1]);
});

test('UnrollLayerNorm refuses other shapes, and takes no rows', () => {
  const run = (x: tf.Tensor, gamma: tf.Tensor) => tf.engine().runKernel('UnrollLayerNorm', { x, gamma }, { epsilon: 1e-3 });
  expect(() => run(wave([2, 3]), wave([4]))).toThrow('layerNorm: expected gamma to be float32 [3], got float32 [4]');
  expect(() => run(tf.zeros([2, 3], 'int32'), wave([3]))).toThrow('expected x to be float32 [2,3], got int32 [2,3]');
  expect((run(wave([0, 3]), wave([3])) as unknown as tf.Tensor[]).map(({ shape }) => shape)).toEqual([[0, 3], [0, 3], [0]]);
});

describe('UnrollCrossEntropy', () => {
  const run = (logits: tf.Tensor, labels: tf.Tensor) => tf.engine().runKernel('UnrollCrossEntropy', { logits, labels });

  test('refuses a label outside the classes, and other shapes', () => {
    expect(() => run(wave([2, 3]), tf.tensor1d([0, 3], 'int32'))).toThrow('label 3 of row 1 is outside 3 classes');
    expect(() => run(wave([2, 3]), tf.tensor1d([0], 'int32'))).toThrow('expected float32 logits [n,classes] and int32 labels [n]');
  });

  test('no rows', () => {
    expect((run(wave([0, 3]), tf.tensor1d([], 'int32')) as unknown as tf.Tensor[]).map(({ shape }) => shape)).toEqual([[0], [0], [0, 3]]);
  });
});

test('a clone shares memory and outlives its original', () => {
  const x = wave([3]);
  const values = Array.from(x.dataSync());
  const clone = tf.clone(x);
  x.dispose();
  tf.dispose(Array.from({ length: 20 }, () => tf.fill([3], 9)));
  expect(Array.from(clone.dataSync())).toEqual(values);
  const buffers = tf.memory().numDataBuffers;
  clone.dispose();
  expect(tf.memory().numDataBuffers).toBe(buffers - 1);
});

test('products leave no tensor and no scratch memory behind', () => {
  const step = () => tf.tidy(() => void tf.matMul(wave([30, 40]), wave([40, 50])).dataSync());
  step();
  const before = tf.memory().numTensors;
  for (let i = 0; i < 500; i++) step();
  expect(tf.memory().numTensors).toBe(before);
});

test('a second start works on the second heap, also where our kernels fall back on tfjs', async () => {
  await startWasmBackend(compileWasmModules());
  await expectLikeCpu(() => tf.sum(wave([3, 4]), 1));
  await expectLikeCpu(() => tf.gather(wave([4, 5]), tf.tensor1d([1, 3], 'int32'), 1));
});

test('refuses a module that is not tfjs', async () => {
  const foreign = new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  await expect(startWasmBackend({ ...compileWasmModules(), tfjs: foreign })).rejects.toThrow(
    'this version of @tensorflow/tfjs-backend-wasm is unsupported: expected a WASM build that exports its memory',
  );
});
