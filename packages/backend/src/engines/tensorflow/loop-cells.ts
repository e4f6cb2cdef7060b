/**
 * The recurrent cells as steps of a TensorFlow graph, forward and backward. Formulas: packages/model/src/cells. Each gate is a value
 * of its own, so that no step splits or joins columns. Shapes: h, c and gates [B, H], the weights of a gate [H, H]; `x` holds x·W + b
 * of each gate, and `hp` is h after dropout.
 */
import type { Graph, Value } from './graph.ts';
import type { CellName } from './way.ts';

/** The ops that a cell is written in. */
export interface CellOps extends Pick<Graph, 'op' | 'product' | 'sum'> {
  /** The activation of a gate: the sigmoid, or the hard sigmoid. */
  gate(x: Value): Value;
  /** dL/dx of y = gate(x). */
  gateGrad(y: Value, dy: Value): Value;
}

export interface LoopCell {
  gates: number;
  /** Values besides h and c that the backward pass reads. */
  kept: readonly string[];
  forward(ops: CellOps, inputs: CellInputs): { h: Value; c?: Value; kept: Record<string, Value> };
  /** dL/dh and dL/dc of the step's result to the gradients of its inputs. */
  backward(ops: CellOps, inputs: CellGradInputs): CellGradients;
}
export interface CellInputs {
  x: readonly Value[];
  h: Value;
  hp: Value;
  c?: Value | undefined;
  u: readonly Value[];
  /** The bias of h·U of the last gate of gruResetAfter, [H]. */
  recurrentBias?: Value | undefined;
}
export interface CellGradInputs {
  /** The step's h, c, kept values, and hBefore, hpBefore and cBefore: the states before it. */
  at(name: string): Value;
  dh: Value;
  dc?: Value | undefined;
  /** Transposed. */
  u: readonly Value[];
}
export interface CellGradients {
  /** dL/dx of each gate. */
  dx: readonly Value[];
  /** dL/d(h·U) of the last gate, if it is not that of x. */
  ds?: Value;
  /** Parts of dL/d(hp). */
  dhp: readonly Value[];
  /** dL/dh without the part through hp. */
  dh?: Value;
  dc?: Value;
}

const throughWeights = ({ product }: CellOps, gradients: readonly Value[], u: readonly Value[]) =>
  gradients.map((gradient, i) => product(gradient, u[i] as Value));

const rnn = (activation: string, grad: (ops: CellOps, y: Value, dy: Value) => Value): LoopCell => ({
  gates: 1,
  kept: [],
  forward({ op, product }, { x: [x], hp, u: [u] }) {
    return { h: op(activation, op('AddV2', x as Value, product(hp, u as Value))), kept: {} };
  },
  backward(ops, { at, dh, u }) {
    const dx = [grad(ops, at('h'), dh)];
    return { dx, dhp: throughWeights(ops, dx, u) };
  },
});

const lstm: LoopCell = {
  gates: 4,
  kept: ['i', 'f', 'g', 'o', 'tanhC'],
  forward({ op, product, gate }, { x, hp, c, u }) {
    const [xi, xf, xg, xo] = x.map((value, i) => op('AddV2', value, product(hp, u[i] as Value))) as [Value, Value, Value, Value];
    const [i, f, g, o] = [gate(xi), gate(xf), op('Tanh', xg), gate(xo)];
    const next = op('AddV2', op('Mul', f, c as Value), op('Mul', i, g));
    const tanhC = op('Tanh', next);
    return { h: op('Mul', o, tanhC), c: next, kept: { i, f, g, o, tanhC } };
  },
  backward(ops, { at, dh, dc, u }) {
    const { op, gateGrad } = ops;
    const [i, f, g, o, tanhC] = ['i', 'f', 'g', 'o', 'tanhC'].map(at) as [Value, Value, Value, Value, Value];
    const dNext = op('AddV2', dc as Value, op('TanhGrad', tanhC, op('Mul', dh, o)));
    const di = gateGrad(i, op('Mul', dNext, g));
    const df = gateGrad(f, op('Mul', dNext, at('cBefore')));
    const dg = op('TanhGrad', g, op('Mul', dNext, i));
    const dOut = gateGrad(o, op('Mul', dh, tanhC));
    const dx = [di, df, dg, dOut];
    return { dx, dhp: throughWeights(ops, dx, u), dc: op('Mul', dNext, f) };
  },
};

const gruResetAfter: LoopCell = {
  gates: 3,
  kept: ['z', 'r', 'n', 's'],
  forward({ op, product, gate }, { x, h, hp, u, recurrentBias }) {
    const [xz, xr, xn] = x as [Value, Value, Value];
    const [uz, ur, un] = u as [Value, Value, Value];
    const z = gate(op('AddV2', xz, product(hp, uz)));
    const r = gate(op('AddV2', xr, product(hp, ur)));
    const s = op('BiasAdd', product(hp, un), recurrentBias as Value);
    const n = op('Tanh', op('AddV2', xn, op('Mul', r, s)));
    return { h: op('AddV2', n, op('Mul', z, op('Sub', h, n))), kept: { z, r, n, s } };
  },
  backward(ops, { at, dh, u }) {
    const { op, gateGrad } = ops;
    const [z, r, n, s] = ['z', 'r', 'n', 's'].map(at) as [Value, Value, Value, Value];
    const dhThroughZ = op('Mul', dh, z);
    const dn = op('TanhGrad', n, op('Sub', dh, dhThroughZ));
    const dz = gateGrad(z, op('Mul', dh, op('Sub', at('hBefore'), n)));
    const dr = gateGrad(r, op('Mul', dn, s));
    const ds = op('Mul', dn, r);
    return { dx: [dz, dr, dn], ds, dhp: throughWeights(ops, [dz, dr, ds], u), dh: dhThroughZ };
  },
};

const gruResetBefore: LoopCell = {
  gates: 3,
  kept: ['z', 'r', 'n'],
  forward({ op, product, gate }, { x, h, hp, u }) {
    const [xz, xr, xn] = x as [Value, Value, Value];
    const [uz, ur, un] = u as [Value, Value, Value];
    const z = gate(op('AddV2', xz, product(hp, uz)));
    const r = gate(op('AddV2', xr, product(hp, ur)));
    const n = op('Tanh', op('AddV2', xn, product(op('Mul', r, hp), un)));
    return { h: op('AddV2', n, op('Mul', z, op('Sub', h, n))), kept: { z, r, n } };
  },
  backward(ops, { at, dh, u }) {
    const { op, product, gateGrad } = ops;
    const [z, r, n] = ['z', 'r', 'n'].map(at) as [Value, Value, Value];
    const dhThroughZ = op('Mul', dh, z);
    const dn = op('TanhGrad', n, op('Sub', dh, dhThroughZ));
    const dReset = product(dn, u[2] as Value);
    const dz = gateGrad(z, op('Mul', dh, op('Sub', at('hBefore'), n)));
    const dr = gateGrad(r, op('Mul', dReset, at('hpBefore')));
    return { dx: [dz, dr, dn], dhp: [op('Mul', dReset, r), ...throughWeights(ops, [dz, dr], u)], dh: dhThroughZ };
  },
};

export const loopCells: Record<CellName, LoopCell> = {
  rnnTanh: rnn('Tanh', ({ op }, y, dy) => op('TanhGrad', y, dy)),
  rnnRelu: rnn('Relu', ({ op }, y, dy) => op('ReluGrad', dy, y)),
  rnnSigmoid: rnn('Sigmoid', ({ op }, y, dy) => op('SigmoidGrad', y, dy)),
  lstm,
  gruResetAfter,
  gruResetBefore,
};
