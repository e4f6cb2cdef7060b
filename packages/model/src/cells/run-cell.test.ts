/** The fused ops against the scan, on the same backend: values, last output, state, and the gradients of everything. */
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRandom } from '../weights/random.ts';
import type { Cell } from './cell.ts';
import { gruCell } from './gru.ts';
import { lstmCell } from './lstm.ts';
import { rnnCell } from './rnn.ts';
import { type RecurrentInput, recurrent } from './run-cell.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const common = {
  activation: 'tanh',
  useBias: true,
  kernelInitializer: 'zeros',
  recurrentInitializer: 'zeros',
  biasInitializer: 'zeros',
} as const;
const sigmoid = { recurrentActivation: 'sigmoid' } as const;
const cells: [string, (units: number) => Cell][] = [
  ['lstm', (units) => lstmCell({ ...common, ...sigmoid, units, unitForgetBias: true })],
  ['lstm without bias', (units) => lstmCell({ ...common, ...sigmoid, units, useBias: false, unitForgetBias: true })],
  ['gru', (units) => gruCell({ ...common, ...sigmoid, units, resetAfter: true })],
  ['gru resetBefore', (units) => gruCell({ ...common, ...sigmoid, units, resetAfter: false })],
  ['gru without bias', (units) => gruCell({ ...common, ...sigmoid, units, useBias: false, resetAfter: true })],
  ['simpleRNN tanh', (units) => rnnCell({ ...common, units })],
  ['simpleRNN relu', (units) => rnnCell({ ...common, units, activation: 'relu' })],
  ['simpleRNN sigmoid', (units) => rnnCell({ ...common, units, activation: 'sigmoid' })],
];

const normal = (shape: number[], name: string) => {
  const random = createRandom(name, ...shape);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal() * 0.7),
    shape,
  );
};

interface Options {
  reverse: boolean;
  mask: boolean;
  initial: boolean;
  drop: boolean;
}

/** All that flows out of a run, weighted by fixed numbers into one, with the gradients of all that flows in. */
function gradientsThrough(
  run: 'fused' | 'scan',
  cell: Cell,
  [B, T, D]: [number, number, number],
  { reverse, mask, initial, drop }: Options,
) {
  const H = cell.units;
  const names = [
    'x',
    ...cell.weights(D).map(({ name }) => name),
    ...(initial ? Array.from({ length: cell.stateCount }, (_, i) => `state${i}`) : []),
  ];
  const shapes = [[B, T, D], ...cell.weights(D).map(({ shape }) => shape), ...(initial ? new Array(cell.stateCount).fill([B, H]) : [])];
  const random = createRandom('mask', B, T);
  // The first sequence ends with a real step, the second has none.
  const isReal = (b: number, t: number) => (b === 0 && t === T - 1) || (b !== 1 && random.uniform() < 0.7);
  const steps = Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => isReal(b, t)));
  const recurrentMask = drop ? (normal([B, H], 'drop') as tf.Tensor2D) : undefined;

  const loss = (...inputs: tf.Tensor[]) => {
    const [x, ...rest] = inputs;
    const weights = Object.fromEntries(cell.weights(D).map(({ name }, i) => [name, rest[i] as tf.Tensor2D]));
    const input: RecurrentInput = {
      output: 'all',
      reverse,
      x: x as tf.Tensor3D,
      mask: mask ? tf.tensor2d(steps, undefined, 'bool') : undefined,
      initialState: initial ? (rest.slice(-cell.stateCount) as tf.Tensor2D[]) : undefined,
      recurrentMask,
    };
    const outputs = () => {
      // A cell without a fused op runs on the scan.
      const { sequence, last, state } = recurrent(run === 'fused' ? cell : { ...cell, fused: undefined }, weights, input);
      return [sequence(), last(), ...state()];
    };
    return tf.addN(outputs().map((output, i) => tf.sum(tf.mul(output, normal(output.shape, `weight${i}`))))) as tf.Scalar;
  };
  return tf.tidy(() => {
    const { value, grads } = tf.valueAndGrads(loss)(shapes.map((shape, i) => normal(shape, names[i] as string)));
    return {
      value: value.dataSync()[0] as number,
      grads: Object.fromEntries(grads.map((grad, i) => [names[i] as string, Array.from(grad.dataSync())])),
    };
  });
}

const flags = [false, true];
const cases = flags.flatMap((reverse) =>
  flags.flatMap((mask) => flags.flatMap((initial) => flags.map((drop) => ({ reverse, mask, initial, drop })))),
);
const sizes: [number, number, number, number][] = [
  [1, 1, 1, 1],
  [3, 5, 2, 7],
  [4, 3, 6, 16],
];

describe.each(cells)('%s', (_, cellOf) => {
  test.each(sizes)('B=%i T=%i D=%i H=%i equals the scan under every option', (B, T, D, H) => {
    const cell = cellOf(H);
    expect(cell.fused).toBeDefined();
    expect(tf.getKernel('UnrollRecurrent', 'wasm')).toBeDefined();
    for (const options of cases) {
      const fused = gradientsThrough('fused', cell, [B, T, D], options);
      const plain = gradientsThrough('scan', cell, [B, T, D], options);
      expect(fused.value).toBeCloseTo(plain.value, 4);
      for (const [name, expected] of Object.entries(plain.grads)) {
        const actual = fused.grads[name] as number[];
        const scale = Math.max(1, ...expected.map(Math.abs));
        const worst = Math.max(...expected.map((value, i) => Math.abs(value - (actual[i] ?? Number.NaN))));
        expect(worst / scale, `${name} ${JSON.stringify(options)}`).toBeLessThan(1e-5);
      }
    }
  });

  test('no steps, or no sequences, go through the scan', () => {
    const cell = cellOf(2);
    const weights = Object.fromEntries(cell.weights(3).map(({ name, shape }) => [name, normal(shape, name) as tf.Tensor2D]));
    expect(recurrent(cell, weights, { output: 'sequence', x: tf.zeros([2, 0, 3]) }).sequence().shape).toEqual([2, 0, 2]);
    expect(recurrent(cell, weights, { output: 'sequence', x: tf.zeros([0, 4, 3]) }).sequence().shape).toEqual([0, 4, 2]);
  });

  test('less output is the same output, with the same gradients', () => {
    const cell = cellOf(5);
    const weights = Object.fromEntries(cell.weights(3).map(({ name, shape }) => [name, normal(shape, name) as tf.Tensor2D]));
    const x = normal([2, 4, 3], 'x') as tf.Tensor3D;
    for (const which of ['sequence', 'last'] as const) {
      const through = (output: 'all' | 'sequence' | 'last') =>
        tf.valueAndGrad((input: tf.Tensor3D) => tf.sum(tf.square(recurrent(cell, weights, { x: input, output })[which]())) as tf.Scalar)(x);
      const [little, all] = [through(which), through('all')];
      expect(little.value.dataSync()).toEqual(all.value.dataSync());
      expect(little.grad.dataSync()).toEqual(all.grad.dataSync());
      const inference = tf.sum(tf.square(recurrent(cell, weights, { x, output: which })[which]()));
      expect(inference.dataSync()).toEqual(little.value.dataSync());
    }
    expect(() => recurrent(cell, weights, { x, output: 'last' }).state()).toThrow("a run with output 'last' does not give 'state'");
  });

  test('training steps leave no tensor behind', () => {
    const step = () => void gradientsThrough('fused', cellOf(4), [2, 3, 2], { reverse: true, mask: true, initial: true, drop: true });
    const tensors = () => tf.memory().numTensors;
    step();
    const [before] = [tensors()];
    step();
    // The test creates the dropout factors outside its tidy.
    const own = tensors() - before;
    for (let i = 0; i < 50; i++) step();
    expect(tensors() - before - own).toBe(50 * own);
    expect(own).toBe(1);
  });
});
