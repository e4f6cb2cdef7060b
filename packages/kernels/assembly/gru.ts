import { gate, gateGradient, one, tanh, tanhGradient } from './gate-functions';
import { multiplyAdd } from './simd';

/**
 * One sequence's step with resetAfter. `gates` holds the sums of x·W for z, r, h; they become z, r, h, and a fourth block h's
 * recurrent sum. `sums` holds the sums of h·U for z, r, h. The state h is updated.
 */
export function gruStep<S>(table: usize, units: usize, gates: usize, sums: usize, h: usize): void {
  const block = units << 2, end = h + block;
  while (h < end) {
    const r = gates + block, candidate = r + block, kept = candidate + block;
    const rSums = sums + block, hSums = rSums + block;
    const z0 = gate<S>(table, f32x4.add(v128.load(gates), v128.load(sums))), z1 = gate<S>(table, f32x4.add(v128.load(gates, 16), v128.load(sums, 16)));
    const r0 = gate<S>(table, f32x4.add(v128.load(r), v128.load(rSums))), r1 = gate<S>(table, f32x4.add(v128.load(r, 16), v128.load(rSums, 16)));
    const s0 = v128.load(hSums), s1 = v128.load(hSums, 16);
    const c0 = tanh(table, multiplyAdd(r0, s0, v128.load(candidate))), c1 = tanh(table, multiplyAdd(r1, s1, v128.load(candidate, 16)));
    const h0 = multiplyAdd(z0, f32x4.sub(v128.load(h), c0), c0), h1 = multiplyAdd(z1, f32x4.sub(v128.load(h, 16), c1), c1);
    v128.store(gates, z0), v128.store(gates, z1, 16);
    v128.store(r, r0), v128.store(r, r1, 16);
    v128.store(candidate, c0), v128.store(candidate, c1, 16);
    v128.store(kept, s0), v128.store(kept, s1, 16);
    v128.store(h, h0), v128.store(h, h1, 16);
    gates += 32, sums += 32, h += 32;
  }
}

/**
 * The gradient of one sequence's step with resetAfter: from dh to the gradients of the sums, in the order h, z, r, h's recurrent
 * sum. dh becomes dh ∘ z, the part of the previous state's gradient that does not pass through h·U.
 */
export function gruStepGradient<S>(table: usize, units: usize, gates: usize, before: usize, dh: usize, dSums: usize): void {
  const block = units << 2, end = dh + block;
  while (dh < end) {
    const r = gates + block, candidate = r + block, kept = candidate + block;
    const dz = dSums + block, dr = dz + block, dKept = dr + block;
    const z0 = v128.load(gates), z1 = v128.load(gates, 16), r0 = v128.load(r), r1 = v128.load(r, 16);
    const c0 = v128.load(candidate), c1 = v128.load(candidate, 16), s0 = v128.load(kept), s1 = v128.load(kept, 16);
    const d0 = v128.load(dh), d1 = v128.load(dh, 16);
    const dz0 = gateGradient<S>(table, f32x4.mul(d0, f32x4.sub(v128.load(before), c0)), z0), dz1 = gateGradient<S>(table, f32x4.mul(d1, f32x4.sub(v128.load(before, 16), c1)), z1);
    const dc0 = tanhGradient(table, f32x4.mul(d0, f32x4.sub(one(table), z0)), c0), dc1 = tanhGradient(table, f32x4.mul(d1, f32x4.sub(one(table), z1)), c1);
    const dr0 = gateGradient<S>(table, f32x4.mul(dc0, s0), r0), dr1 = gateGradient<S>(table, f32x4.mul(dc1, s1), r1);
    v128.store(dSums, dc0), v128.store(dSums, dc1, 16);
    v128.store(dz, dz0), v128.store(dz, dz1, 16);
    v128.store(dr, dr0), v128.store(dr, dr1, 16);
    v128.store(dKept, f32x4.mul(dc0, r0)), v128.store(dKept, f32x4.mul(dc1, r1), 16);
    v128.store(dh, f32x4.mul(d0, z0)), v128.store(dh, f32x4.mul(d1, z1), 16);
    gates += 32, before += 32, dh += 32, dSums += 32;
  }
}

/** First half of one sequence's step with resetBefore: sums of z and r become activations in place; reset = r ∘ hidden. */
export function gruResetStep<S>(table: usize, units: usize, gates: usize, hidden: usize, reset: usize): void {
  const block = units << 2, end = hidden + block;
  while (hidden < end) {
    const r = gates + block;
    const z0 = gate<S>(table, v128.load(gates)), z1 = gate<S>(table, v128.load(gates, 16));
    const r0 = gate<S>(table, v128.load(r)), r1 = gate<S>(table, v128.load(r, 16));
    const h0 = f32x4.mul(r0, v128.load(hidden)), h1 = f32x4.mul(r1, v128.load(hidden, 16));
    v128.store(gates, z0), v128.store(gates, z1, 16);
    v128.store(r, r0), v128.store(r, r1, 16);
    v128.store(reset, h0), v128.store(reset, h1, 16);
    gates += 32, hidden += 32, reset += 32;
  }
}

/** Second half: the candidate's sum becomes its activation in place; the state h is updated. */
export function gruCandidateStep(table: usize, units: usize, gates: usize, h: usize): void {
  const block = units << 2, end = h + block;
  while (h < end) {
    const candidate = gates + 2 * block;
    const z0 = v128.load(gates), z1 = v128.load(gates, 16);
    const c0 = tanh(table, v128.load(candidate)), c1 = tanh(table, v128.load(candidate, 16));
    const h0 = multiplyAdd(z0, f32x4.sub(v128.load(h), c0), c0), h1 = multiplyAdd(z1, f32x4.sub(v128.load(h, 16), c1), c1);
    v128.store(candidate, c0), v128.store(candidate, c1, 16);
    v128.store(h, h0), v128.store(h, h1, 16);
    gates += 32, h += 32;
  }
}

/** The gradient of the second half: from dh to the gradients of h's and z's sums (the first two blocks of dSums). dh becomes dh ∘ z. */
export function gruCandidateGradient<S>(table: usize, units: usize, gates: usize, before: usize, dh: usize, dSums: usize): void {
  const block = units << 2, end = dh + block;
  while (dh < end) {
    const candidate = gates + 2 * block, dz = dSums + block;
    const z0 = v128.load(gates), z1 = v128.load(gates, 16), c0 = v128.load(candidate), c1 = v128.load(candidate, 16);
    const d0 = v128.load(dh), d1 = v128.load(dh, 16);
    const dz0 = gateGradient<S>(table, f32x4.mul(d0, f32x4.sub(v128.load(before), c0)), z0), dz1 = gateGradient<S>(table, f32x4.mul(d1, f32x4.sub(v128.load(before, 16), c1)), z1);
    const dc0 = tanhGradient(table, f32x4.mul(d0, f32x4.sub(one(table), z0)), c0), dc1 = tanhGradient(table, f32x4.mul(d1, f32x4.sub(one(table), z1)), c1);
    v128.store(dSums, dc0), v128.store(dSums, dc1, 16);
    v128.store(dz, dz0), v128.store(dz, dz1, 16);
    v128.store(dh, f32x4.mul(d0, z0)), v128.store(dh, f32x4.mul(d1, z1), 16);
    gates += 32, before += 32, dh += 32, dSums += 32;
  }
}

/** The gradient of the first half: from dReset to the gradient of r's sum. dReset becomes the gradient of `hidden`, dReset ∘ r. */
export function gruResetGradient<S>(table: usize, units: usize, gates: usize, hidden: usize, dReset: usize, dSums: usize): void {
  const block = units << 2, end = hidden + block;
  while (hidden < end) {
    const r = gates + block, dr = dSums + 2 * block;
    const r0 = v128.load(r), r1 = v128.load(r, 16), d0 = v128.load(dReset), d1 = v128.load(dReset, 16);
    const dr0 = gateGradient<S>(table, f32x4.mul(d0, v128.load(hidden)), r0), dr1 = gateGradient<S>(table, f32x4.mul(d1, v128.load(hidden, 16)), r1);
    v128.store(dr, dr0), v128.store(dr, dr1, 16);
    v128.store(dReset, f32x4.mul(d0, r0)), v128.store(dReset, f32x4.mul(d1, r1), 16);
    gates += 32, hidden += 32, dReset += 32, dSums += 32;
  }
}
