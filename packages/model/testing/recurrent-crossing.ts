/** Runs of UnrollRecurrent under every option, for comparing an engine's gradients with another's. */
import * as tf from '@tensorflow/tfjs-core';
import { type RecurrentAttrs, type RecurrentInputs, runRecurrent } from '@unroll/ops/recurrent-op.ts';
import { createRandom } from '../src/weights/random.ts';

export type CellName = RecurrentAttrs['cell'];
const gates: Record<CellName, number> = { rnnTanh: 1, rnnRelu: 1, rnnSigmoid: 1, lstm: 4, gruResetAfter: 3, gruResetBefore: 3 };
export const cellNames = Object.keys(gates) as CellName[];

export interface RecurrentCase {
  cell: CellName;
  /** H. */
  units: number;
  mask: keyof typeof masks;
  reverse: boolean;
  output: RecurrentAttrs['output'];
  bias: boolean;
  initial: boolean;
  drop: boolean;
  hardSigmoid: number;
}

const [B, T, I] = [5, 6, 3];

/** Real steps [B, T]. */
const masks = {
  none: undefined,
  right: ['111100', '100000', '111111', '110000', '111110'],
  'right, a row without a real step': ['111100', '000000', '110000', '000000', '111110'],
  left: ['001111', '000001', '111111', '000011', '011111'],
  ragged: ['101101', '000000', '010010', '111001', '000100'],
  all: ['111111', '111111', '111111', '111111', '111111'],
  'no real step': ['000000', '000000', '000000', '000000', '000000'],
} as const;
const maskNames = Object.keys(masks) as (keyof typeof masks)[];
/** Those that take every branch. */
const fewMasks: typeof maskNames = ['none', 'right, a row without a real step', 'ragged', 'all', 'no real step'];

const plain = { bias: true, initial: true, drop: false, hardSigmoid: 0 };
const flags = [false, true];
const outputs = ['sequence', 'last', 'all'] as const;

/**
 * Every cell, mask, direction and output with every combination of the other options; unless `full`, fewer masks, and the other options
 * in turn. An LSTM also of 100 units: an engine may run wide layers in another way.
 */
export function recurrentCases(full: boolean): RecurrentCase[] {
  const structures = cellNames.flatMap((cell) =>
    (full ? maskNames : fewMasks).flatMap((mask) =>
      flags.flatMap((reverse) => outputs.map((output) => ({ cell, units: 5, mask, reverse, output }))),
    ),
  );
  const wide = structures
    .filter(({ cell, output }) => cell === 'lstm' && output === 'all')
    .map((structure) => ({ ...structure, units: 100, ...plain }));
  const options = flags.flatMap((bias) =>
    flags.flatMap((initial) => flags.flatMap((drop) => [0, 0.2].map((hardSigmoid) => ({ bias, initial, drop, hardSigmoid })))),
  );
  const optionsOf = (i: number) => (full ? options : options.slice(i % options.length, (i % options.length) + 1));
  return [...structures.flatMap((structure, i) => optionsOf(i * 7).map((option) => ({ ...structure, ...option }))), ...wide];
}

const normal = (shape: number[], name: string) => {
  const random = createRandom(name, ...shape);
  return tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, () => random.normal() * 0.7),
    shape,
  );
};

/** The output and the gradient of each input, of the output weighted by fixed numbers, on the current backend. */
export function runCase({ cell, units, mask, reverse, output, bias, initial, drop, hardSigmoid }: RecurrentCase): Record<string, number[]> {
  const columns = gates[cell] * units;
  return tf.tidy(() => {
    const inputs = {
      x: normal([B, T, I], 'x'),
      w: normal([I, columns], 'w'),
      u: normal([units, columns], 'u'),
      ...(bias && { bias: normal(cell === 'gruResetAfter' ? [2, columns] : [columns], 'bias') }),
      ...(initial && { h0: normal([B, units], 'h0') }),
      ...(initial && cell === 'lstm' && { c0: normal([B, units], 'c0') }),
    };
    const names = Object.keys(inputs);
    const factors = { mask: maskOf(mask), drop: drop ? normal([B, units], 'drop') : undefined };
    const run = (given: tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, given[i]])) as unknown as RecurrentInputs;
      return runRecurrent(named, factors, { cell, units, hardSigmoid, reverse, output });
    };
    const loss = (...given: tf.Tensor[]) => {
      const out = run(given);
      return tf.sum(tf.mul(out, normal(out.shape, 'weights'))) as tf.Scalar;
    };
    const gradients = tf.grads(loss)(Object.values(inputs));
    const inference = Array.from(run(Object.values(inputs)).dataSync());
    return { output: inference, ...Object.fromEntries(gradients.map((gradient, i) => [names[i], Array.from(gradient.dataSync())])) };
  });
}

function maskOf(name: keyof typeof masks): tf.Tensor | undefined {
  const rows = masks[name];
  if (!rows) return undefined;
  return tf.tensor2d(
    rows.map((row) => Array.from(row, (step) => step === '1')),
    [B, T],
    'bool',
  );
}

/** The largest difference, relative to the largest expected number of its tensor or 1, with the tensor's name. */
export function worstDifference(
  actual: Record<string, number[]>,
  expected: Record<string, number[]>,
): { name: string; difference: number } {
  let worst = { name: '', difference: 0 };
  for (const [name, values] of Object.entries(expected)) {
    const scale = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    for (const [i, value] of values.entries()) {
      const difference = Math.abs(value - (actual[name]?.[i] ?? Number.NaN)) / scale;
      // A comparison that is false for NaN as well.
      if (!(difference <= worst.difference)) worst = { name, difference };
    }
  }
  return worst;
}
