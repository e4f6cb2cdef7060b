/** What is refused before TensorFlow loads, and what TensorFlow does with what we give it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { TensorflowSetup } from '../../engine.ts';
import { loadTensorflow, type Tensorflow } from './binding.ts';
import { registerCrossEntropy } from './cross-entropy.ts';
import { createCudnnWay } from './cudnn-way.ts';
import { offerTensorflow } from './offer.ts';
import type { CellName } from './way.ts';

describe('a package whose internals differ is refused', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'unroll-binding-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function install(files: Record<string, string>, version = '4.22.0'): void {
    const all = { 'package.json': JSON.stringify({ name: '@tensorflow/tfjs-node', version }), ...files };
    for (const [path, text] of Object.entries(all)) {
      const file = join(folder, 'node_modules/@tensorflow/tfjs-node', path);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
    }
  }
  const loading = () => loadTensorflow(folder, '@tensorflow/tfjs-node');

  test('nothing is installed', async () => {
    await expect(loading()).rejects.toThrow(`tensorflow: ${folder}/node_modules/@tensorflow/tfjs-node/package.json is missing`);
  });

  test('another version', async () => {
    install({}, '4.23.0');
    await expect(loading()).rejects.toThrow('expected version 4.22.0, got 4.23.0. Install exactly 4.22.0.');
  });

  test('an addon that is no addon', async () => {
    install({ 'lib/napi-v8/tfjs_binding.node': 'text' });
    await expect(loading()).rejects.toThrow(/tfjs_binding\.node/);
  });
});

const offer = offerTensorflow();
if (!offer.available) console.log(`tests of TensorFlow's C library skipped: ${offer.description}. ${offer.missing}`);

describe.skipIf(!offer.available)('TensorFlow', () => {
  let tensorflow: Tensorflow;
  beforeAll(async () => {
    const { folder, package: name } = (offer.available ? offer.setup() : undefined) as TensorflowSetup;
    tensorflow = await loadTensorflow(folder, name);
  });

  test('the cross-entropy that a GPU takes equals that of one op', () => {
    const logits = tf.tensor2d([3, -1, 0.5, 80, 0, -80, Number.NEGATIVE_INFINITY, 2, 1], [3, 3]);
    const run = (deterministic: boolean, labels: number[]) => {
      registerCrossEntropy(tensorflow, deterministic);
      const outputs = tf.engine().runKernel('UnrollCrossEntropy', { logits, labels: tf.tensor1d(labels, 'int32') });
      return (outputs as tf.Tensor[]).map((output) => Array.from(output.dataSync()));
    };
    tf.tidy(() => {
      for (const [i, values] of run(true, [2, 2, 1]).entries()) {
        const expected = run(false, [2, 2, 1])[i] as number[];
        expect(values.length).toBe(expected.length);
        for (const [j, value] of values.entries()) expect(value).toBeCloseTo(expected[j] as number, 5);
      }
      expect(run(true, [3, 0, -1])[0]?.map(Number.isNaN)).toEqual([true, false, true]);
    });
    logits.dispose();
  });

  test('one tfjs-core: a kernel of the package is in the registry of this process', () => {
    expect(tf.getBackend()).toBe('tensorflow');
    expect(tf.getKernel('MatMul', 'tensorflow') ?? tf.getKernel('BatchMatMul', 'tensorflow')).toBeDefined();
    expect(tensorflow.version).toMatch(/^2\.\d+\.\d+/);
  });

  test('a second folder in one process is refused', async () => {
    await expect(loadTensorflow('/somewhere/else', '@tensorflow/tfjs-node')).rejects.toThrow(
      /this process already runs TensorFlow from .+; start another process for \/somewhere\/else/,
    );
  });

  test('an int64 scalar leaves no handle behind, also when the op fails', () => {
    const x = tf.ones([3, 2, 4]);
    const state = tf.zeros([2, 4]);
    const peephole = tf.zeros([4]);
    const inputs = (weights: tf.Tensor) => [{ int64: 3 }, x, state, state, weights, peephole, peephole, peephole, tf.zeros([16])];
    const run = (weights: tf.Tensor) =>
      tf.tidy(() => void tensorflow.execute('BlockLSTMV2', inputs(weights), { use_peephole: { bool: false } }, 7));
    const right = tf.zeros([8, 16]);
    const wrong = tf.zeros([8, 15]);
    run(right);
    expect(() => run(wrong)).toThrow();
    const before = tensorflow.handles();
    for (let i = 0; i < 5; i++) {
      run(right);
      expect(() => run(wrong)).toThrow();
    }
    expect(tensorflow.handles()).toBe(before);
    tf.dispose([x, state, peephole, right, wrong]);
  });

  test('tensors of int8 are freed like others', () => {
    const before = tensorflow.handles();
    tf.tidy(() => {
      const [int8] = tensorflow.execute('Cast', [tf.tensor1d([1, 2, 3])], { DstT: { type: 'int8' } }, 1) as [tf.Tensor];
      expect(tensorflow.handles()).toBeGreaterThan(before);
      const [again] = tensorflow.execute('Cast', [int8], { DstT: { type: 'float32' } }, 1) as [tf.Tensor];
      expect(Array.from(again.dataSync())).toEqual([1, 2, 3]);
    });
    expect(tensorflow.handles()).toBe(before);
  });

  // On a CPU TensorFlow checks the op's name, its mode and the number of inputs, and then finds no kernel.
  test.skipIf(offer.available && offer.device === 'gpu').each<[CellName]>([['lstm'], ['gruResetAfter'], ['rnnTanh'], ['rnnRelu']])(
    "cuDNN's ops accept the call of %s",
    (cell) => {
      const way = createCudnnWay(tensorflow);
      const form = { cell, hardSigmoid: 0, drops: false };
      const isLstm = cell === 'lstm';
      const columns = { lstm: 16, gruResetAfter: 12 }[cell as string] ?? 4;
      tf.tidy(() => {
        const given = {
          x: tf.ones([3, 2, 5]),
          lengths: Int32Array.of(3, 0),
          w: tf.ones([5, columns]),
          u: tf.ones([4, columns]),
          h0: tf.zeros([2, 4]),
          c0: isLstm ? tf.zeros([2, 4]) : undefined,
          drop: undefined,
        };
        const bias = tf.zeros(cell === 'gruResetAfter' ? [2, columns] : [columns]);
        const missing = /Could not find device for node[\s\S]*<no registered kernels>/;
        expect(() => way.forward(form, { ...given, bias }, true)).toThrow(missing);
        const state = tf.zeros([1, 2, 4]);
        const [hostReserve] = tensorflow.execute('Cast', [tf.zeros([3])], { DstT: { type: 'int8' } }, 1) as [tf.Tensor];
        const saved = [tf.zeros([columns * 11]), tf.zeros([3, 2, 4]), state, isLstm ? state : tf.scalar(0), tf.zeros([9]), hostReserve];
        const gradients = { dy: tf.zeros([3, 2, 4]), dh: tf.zeros([2, 4]), dc: undefined };
        expect(() => way.backward(form, { ...given, saved, ...gradients })).toThrow(missing);
      });
    },
  );
});
