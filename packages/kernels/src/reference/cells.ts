import type { NaiveCell, Step } from './sequence.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** Gates i, f, g, o; states h, c. */
const lstmStep: Step = (x, recurrent, [h = [], c = []]) => {
  const H = h.length;
  const sum = (column: number) => x(column) + recurrent(column);
  const next = c.map((value, j) => sigmoid(sum(H + j)) * value + sigmoid(sum(j)) * Math.tanh(sum(2 * H + j)));
  return [next.map((value, j) => sigmoid(sum(3 * H + j)) * Math.tanh(value)), next];
};

/** Gates z, r, h; the reset gate works on the recurrent product (resetAfter). */
const gruStep: Step = (x, recurrent, [h = []]) => {
  const H = h.length;
  return [
    h.map((value, j) => {
      const z = sigmoid(x(j) + recurrent(j));
      const r = sigmoid(x(H + j) + recurrent(H + j));
      return z * value + (1 - z) * Math.tanh(x(2 * H + j) + r * recurrent(2 * H + j));
    }),
  ];
};

const rnnStep =
  (activation: (x: number) => number): Step =>
  (x, recurrent, [h = []]) => [h.map((_, j) => activation(x(j) + recurrent(j)))];

export const lstm: NaiveCell = { gates: 4, step: lstmStep };
export const gru: NaiveCell = { gates: 3, step: gruStep };
/** In the order of the kernel's activation numbers. */
export const rnns: readonly NaiveCell[] = [Math.tanh, (x: number) => Math.max(0, x), sigmoid].map((activation) => ({
  gates: 1,
  step: rnnStep(activation),
}));
