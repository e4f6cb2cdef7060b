/**
 * The recurrent cells as steps of a TensorFlow graph, forward and backward. Formulas: packages/model/src/cells. Shapes: h, c and
 * gates [B, H], xw = x·W + b [B, G·H]; `hp` is h after dropout.
 */
import type { Graph, Step, Value } from './graph.ts';
import type { CellName } from './way.ts';

/** The ops that a cell is written in. */
export interface CellOps extends Pick<Graph, 'op' | 'product'>, Pick<Step, 'split' | 'concat'> {
  /** The activation of a gate: the sigmoid, or the hard sigmoid. */
  gate(x: Value): Value;
  /** dL/dx of y = gate(x). */
  gateGrad(y: Value, dy: Value): Value;
}

export interface LoopCell {
  /** Values besides h and c that the backward pass reads. */
  kept: readonly string[];
  forward(ops: CellOps, inputs: CellInputs): { h: Value; c?: Value; kept: Record<string, Value> };
  /** dL/dh and dL/dc of the step's result to the gradients of its inputs. `at` gives kept values. */
  backward(ops: CellOps, inputs: CellGradInputs): CellGradients;
}
export interface CellWeights {
  /** [H, G·H]; of gruResetBefore only the columns of z and r, [H, 2H]. */
  u: Value;
  /** The columns of n, [H, H], of gruResetBefore. */
  un?: Value;
  /** The bias of h·U, [3H], of gruResetAfter. */
  recurrentBias?: Value;
}
export interface CellInputs {
  xw: Value;
  h: Value;
  hp: Value;
  c?: Value | undefined;
  weights: CellWeights;
}
export interface CellGradInputs {
  at(name: string): Value;
  dh: Value;
  dc?: Value | undefined;
  weights: CellWeights;
}
export interface CellGradients {
  /** dL/d(xw). */
  dxw: Value;
  /** dL/d(hp·U), if it is not dxw. */
  ds?: Value;
  dhp: Value;
  /** dL/dh without the part through hp. */
  dh?: Value;
  dc?: Value;
}

const rnn = (activation: string, grad: (ops: CellOps, y: Value, dy: Value) => Value): LoopCell => ({
  kept: ['a'],
  forward({ op, product }, { xw, hp, weights: { u } }) {
    const h = op(activation, op('AddV2', xw, product(hp, u)));
    return { h, kept: { a: h } };
  },
  backward(ops, { at, dh, weights: { u } }) {
    const dxw = grad(ops, at('a'), dh);
    return { dxw, dhp: ops.product(dxw, u, true) };
  },
});

const lstm: LoopCell = {
  kept: ['i', 'f', 'g', 'o', 'tanhC'],
  forward({ op, product, split, gate }, { xw, hp, c, weights: { u } }) {
    const [xi, xf, xg, xo] = split(op('AddV2', xw, product(hp, u)), 4) as [Value, Value, Value, Value];
    const [i, f, g, o] = [gate(xi), gate(xf), op('Tanh', xg), gate(xo)];
    const next = op('AddV2', op('Mul', f, c as Value), op('Mul', i, g));
    const tanhC = op('Tanh', next);
    return { h: op('Mul', o, tanhC), c: next, kept: { i, f, g, o, tanhC } };
  },
  backward({ op, product, concat, gateGrad }, { at, dh, dc, weights: { u } }) {
    const [i, f, g, o, tanhC] = ['i', 'f', 'g', 'o', 'tanhC'].map(at) as [Value, Value, Value, Value, Value];
    const dNext = op('AddV2', dc as Value, op('TanhGrad', tanhC, op('Mul', dh, o)));
    const di = gateGrad(i, op('Mul', dNext, g));
    const df = gateGrad(f, op('Mul', dNext, at('cBefore')));
    const dg = op('TanhGrad', g, op('Mul', dNext, i));
    const dOut = gateGrad(o, op('Mul', dh, tanhC));
    const dxw = concat([di, df, dg, dOut]);
    return { dxw, dhp: product(dxw, u, true), dc: op('Mul', dNext, f) };
  },
};

const gruResetAfter: LoopCell = {
  kept: ['z', 'r', 'n', 's'],
  forward({ op, product, split, gate }, { xw, h, hp, weights: { u, recurrentBias } }) {
    const [xz, xr, xn] = split(xw, 3) as [Value, Value, Value];
    const [sz, sr, s] = split(op('BiasAdd', product(hp, u), recurrentBias as Value), 3) as [Value, Value, Value];
    const z = gate(op('AddV2', xz, sz));
    const r = gate(op('AddV2', xr, sr));
    const n = op('Tanh', op('AddV2', xn, op('Mul', r, s)));
    return { h: op('AddV2', n, op('Mul', z, op('Sub', h, n))), kept: { z, r, n, s } };
  },
  backward({ op, product, concat, gateGrad }, { at, dh, weights: { u } }) {
    const [z, r, n, s] = ['z', 'r', 'n', 's'].map(at) as [Value, Value, Value, Value];
    const dhThroughZ = op('Mul', dh, z);
    const dn = op('TanhGrad', n, op('Sub', dh, dhThroughZ));
    const dz = gateGrad(z, op('Mul', dh, op('Sub', at('hBefore'), n)));
    const dr = gateGrad(r, op('Mul', dn, s));
    const ds = concat([dz, dr, op('Mul', dn, r)]);
    return { dxw: concat([dz, dr, dn]), ds, dhp: product(ds, u, true), dh: dhThroughZ };
  },
};

const gruResetBefore: LoopCell = {
  kept: ['z', 'r', 'n'],
  forward({ op, product, split, gate }, { xw, h, hp, weights: { u, un } }) {
    const [xz, xr, xn] = split(xw, 3) as [Value, Value, Value];
    const [sz, sr] = split(product(hp, u), 2) as [Value, Value];
    const z = gate(op('AddV2', xz, sz));
    const r = gate(op('AddV2', xr, sr));
    const n = op('Tanh', op('AddV2', xn, product(op('Mul', r, hp), un as Value)));
    return { h: op('AddV2', n, op('Mul', z, op('Sub', h, n))), kept: { z, r, n } };
  },
  backward({ op, product, concat, gateGrad }, { at, dh, weights: { u, un } }) {
    const [z, r, n, hp] = ['z', 'r', 'n', 'hpBefore'].map(at) as [Value, Value, Value, Value];
    const dhThroughZ = op('Mul', dh, z);
    const dn = op('TanhGrad', n, op('Sub', dh, dhThroughZ));
    const dReset = product(dn, un as Value, true);
    const dz = gateGrad(z, op('Mul', dh, op('Sub', at('hBefore'), n)));
    const dr = gateGrad(r, op('Mul', dReset, hp));
    const throughGates = product(concat([dz, dr]), u, true);
    return { dxw: concat([dz, dr, dn]), dhp: op('AddV2', op('Mul', dReset, r), throughGates), dh: dhThroughZ };
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
