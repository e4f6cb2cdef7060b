import type { NaiveCell, Step } from './sequence.ts';

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

const hardSigmoid = (slope: number) => (x: number) => Math.min(1, Math.max(0, slope * x + 0.5));

/** Gates i, f, g, o; states h, c. */
const lstmStep =
  (gate: (x: number) => number): Step =>
  (x, product, [h = [], c = []], dropped) => {
    const H = h.length;
    const recurrent = product(dropped);
    const sum = (column: number) => x(column) + recurrent(column);
    const next = c.map((value, j) => gate(sum(H + j)) * value + gate(sum(j)) * Math.tanh(sum(2 * H + j)));
    return [next.map((value, j) => gate(sum(3 * H + j)) * Math.tanh(value)), next];
  };

/** Gates z, r, h. */
const gruStep =
  (resetAfter: boolean, activation: (x: number) => number): Step =>
  (x, product, [h = []], dropped) => {
    const H = h.length;
    const recurrent = product(dropped);
    const gate = (i: number) => h.map((_, j) => activation(x(i * H + j) + recurrent(i * H + j)));
    const [z, r] = [gate(0), gate(1)] as [number[], number[]];
    const candidate = resetAfter ? recurrent : product(dropped.map((value, j) => value * (r[j] as number)));
    return [
      h.map((value, j) => {
        const reset = resetAfter ? (r[j] as number) : 1;
        const update = z[j] as number;
        return update * value + (1 - update) * Math.tanh(x(2 * H + j) + reset * candidate(2 * H + j));
      }),
    ];
  };

const rnnStep =
  (activation: (x: number) => number): Step =>
  (x, product, [h = []], dropped) => {
    const recurrent = product(dropped);
    return [h.map((_, j) => activation(x(j) + recurrent(j)))];
  };

const rnn = (activation: (x: number) => number): NaiveCell => ({ gates: 1, states: 1, recurrentBias: false, step: rnnStep(activation) });

const gated = (activation: (x: number) => number) =>
  ({
    lstm: { gates: 4, states: 2, recurrentBias: false, step: lstmStep(activation) },
    gruResetAfter: { gates: 3, states: 1, recurrentBias: true, step: gruStep(true, activation) },
    gruResetBefore: { gates: 3, states: 1, recurrentBias: false, step: gruStep(false, activation) },
  }) as const satisfies Record<string, NaiveCell>;

const simple = { rnnTanh: rnn(Math.tanh), rnnRelu: rnn((x) => Math.max(0, x)), rnnSigmoid: rnn(sigmoid) };

/** The naive twin of each fused cell. */
export const naiveCells = { ...simple, ...gated(sigmoid) };

/** The same cells with a hard sigmoid of this slope in the gates. */
export const naiveHardCells = (slope: number) => ({ ...simple, ...gated(hardSigmoid(slope)) });
