import { gate, gateGradient, tanh, tanhGradient } from './gate-functions';
import { multiplyAdd } from './simd';

/** One sequence's step: sums i, f, g, o become activations in place, `before` gets the old c, and c and h are updated. */
export function lstmStep<S>(table: usize, units: usize, gates: usize, before: usize, c: usize, h: usize): void {
  const block = units << 2, end = c + block;
  while (c < end) {
    const f = gates + block, g = f + block, o = g + block;
    const i0 = gate<S>(table, v128.load(gates)), i1 = gate<S>(table, v128.load(gates, 16));
    const f0 = gate<S>(table, v128.load(f)), f1 = gate<S>(table, v128.load(f, 16));
    const g0 = tanh(table, v128.load(g)), g1 = tanh(table, v128.load(g, 16));
    const o0 = gate<S>(table, v128.load(o)), o1 = gate<S>(table, v128.load(o, 16));
    const c0 = v128.load(c), c1 = v128.load(c, 16);
    const next0 = multiplyAdd(f0, c0, f32x4.mul(i0, g0)), next1 = multiplyAdd(f1, c1, f32x4.mul(i1, g1));
    const h0 = f32x4.mul(o0, tanh(table, next0)), h1 = f32x4.mul(o1, tanh(table, next1));
    v128.store(before, c0), v128.store(before, c1, 16);
    v128.store(gates, i0), v128.store(gates, i1, 16);
    v128.store(f, f0), v128.store(f, f1, 16);
    v128.store(g, g0), v128.store(g, g1, 16);
    v128.store(o, o0), v128.store(o, o1, 16);
    v128.store(c, next0), v128.store(c, next1, 16);
    v128.store(h, h0), v128.store(h, h1, 16);
    gates += 32, before += 32, c += 32, h += 32;
  }
}

/** The gradient of one sequence's step: from dh and dc to the gradients of the sums. dc becomes that of the previous step. */
export function lstmStepGradient<S>(table: usize, units: usize, gates: usize, before: usize, dh: usize, dc: usize, dGates: usize): void {
  const block = units << 2, end = dc + block;
  while (dc < end) {
    const f = gates + block, g = f + block, o = g + block;
    const df = dGates + block, dg = df + block, dOut = dg + block;
    const i0 = v128.load(gates), i1 = v128.load(gates, 16), f0 = v128.load(f), f1 = v128.load(f, 16);
    const g0 = v128.load(g), g1 = v128.load(g, 16), o0 = v128.load(o), o1 = v128.load(o, 16);
    const b0 = v128.load(before), b1 = v128.load(before, 16);
    const t0 = tanh(table, multiplyAdd(f0, b0, f32x4.mul(i0, g0))), t1 = tanh(table, multiplyAdd(f1, b1, f32x4.mul(i1, g1)));
    const h0 = v128.load(dh), h1 = v128.load(dh, 16);
    const c0 = f32x4.add(v128.load(dc), tanhGradient(table, f32x4.mul(h0, o0), t0)), c1 = f32x4.add(v128.load(dc, 16), tanhGradient(table, f32x4.mul(h1, o1), t1));
    const di0 = gateGradient<S>(table, f32x4.mul(c0, g0), i0), di1 = gateGradient<S>(table, f32x4.mul(c1, g1), i1);
    const df0 = gateGradient<S>(table, f32x4.mul(c0, b0), f0), df1 = gateGradient<S>(table, f32x4.mul(c1, b1), f1);
    const dg0 = tanhGradient(table, f32x4.mul(c0, i0), g0), dg1 = tanhGradient(table, f32x4.mul(c1, i1), g1);
    const do0 = gateGradient<S>(table, f32x4.mul(h0, t0), o0), do1 = gateGradient<S>(table, f32x4.mul(h1, t1), o1);
    v128.store(dGates, di0), v128.store(dGates, di1, 16);
    v128.store(df, df0), v128.store(df, df1, 16);
    v128.store(dg, dg0), v128.store(dg, dg1, 16);
    v128.store(dOut, do0), v128.store(dOut, do1, 16);
    v128.store(dc, f32x4.mul(c0, f0)), v128.store(dc, f32x4.mul(c1, f1), 16);
    gates += 32, before += 32, dh += 32, dc += 32, dGates += 32;
  }
}
