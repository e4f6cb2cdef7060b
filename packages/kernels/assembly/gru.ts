import { gemmWorkspaceBytes } from './gemm';
import { sigmoid, sigmoidGradient, tanh, tanhGradient } from './gate-functions';
import { TAIL_TILE_BYTES } from './multiply-block';
import { multiplyPacked, packedBytes, packMatrix } from './packed-matrix';
import { addStateGradient, weightGradient } from './recurrent-product';
import { accumulate, initializeState, isActive, multiply, repeatOutput } from './sequence';
import { align16, loadLanes, multiplyAdd, storeLanes } from './simd';

/** Floats of `saved`: z, r, ĥ and the candidate's recurrent sum [B,T,4H], hidden [B,T,H]. */
export function gruSavedFloats(B: i32, T: i32, H: i32): i32 {
  return B * T * 5 * H;
}

/** Scratch bytes of gruForward: packed U, recurrent sums, dropped hidden state, a row of zeros, tail tile. */
export function gruForwardWorkspaceBytes(B: i32, T: i32, H: i32): i32 {
  return <i32>(align16(packedBytes(3 * H, H)) + align16(<usize>(B * 3 * H) << 2) + align16(<usize>(B * H) << 2) + align16(<usize>(3 * H) << 2) + TAIL_TILE_BYTES + 16);
}

/** Scratch bytes of gruBackward: packed Uᵀ, three [B,H] arrays, recurrent gradients of a step and of all, dropped hidden states, and the weight gradient's. */
export function gruBackwardWorkspaceBytes(B: i32, T: i32, H: i32): i32 {
  return <i32>(align16(packedBytes(H, 3 * H)) + 3 * align16(<usize>(B * H) << 2) + align16(<usize>(B * 3 * H) << 2) + align16(<usize>(B * T * 3 * H) << 2) + align16(<usize>(B * T * H) << 2) + TAIL_TILE_BYTES + 16) + gemmWorkspaceBytes(3 * H, B * T);
}

/**
 * The gated recurrent unit with resetAfter over a sequence, gates in Keras' order z, r, h; layouts as in sequence.ts.
 * bias [3H] is that of the recurrent product, or null; out ends with h [B,H]; saved is what the gradient needs.
 */
export function gruForward(B: i32, T: i32, H: i32, xw: usize, u: usize, bias: usize, h0: usize, mask: usize, drop: usize, out: usize, saved: usize, workspace: usize): void {
  const batch = <usize>B, steps = <usize>T, row = <usize>H << 2, gateRow = 3 * row;
  const gates = saved, hidden = gates + batch * steps * 4 * row;
  const h = out + batch * steps * row;
  const packed = align16(workspace), sums = packed + align16(packedBytes(3 * H, H)), dropped = sums + align16(batch * gateRow);
  const zeros = dropped + align16(batch * row), tailTile = zeros + align16(gateRow);
  packMatrix(u, 0, 3 * H, H, packed);
  initializeState(h, h0, batch * row);
  memory.fill(zeros, 0, gateRow);

  for (let t: usize = 0; t < steps; t++) {
    for (let b: usize = 0; b < batch; b++) memory.copy(hidden + (b * steps + t) * row, h + b * row, row);
    if (drop) multiply(dropped, h, drop, batch * <usize>H);
    multiplyPacked(B, 3 * H, H, drop ? dropped : h, row, packed, bias ? bias : zeros, 0, sums, gateRow, tailTile);

    for (let b: usize = 0; b < batch; b++) {
      const at = b * steps + t;
      const hb = h + b * row;
      if (isActive(mask, b, t, steps)) {
        step(H, xw + at * gateRow, sums + b * gateRow, gates + at * 4 * row, hb);
        memory.copy(out + at * row, hb, row);
      } else {
        repeatOutput(out + at * row, t, row);
      }
    }
  }
}

/** One sequence's step: x and recurrent sums to saved gates; h from its old to its new value. */
function step(H: i32, x: usize, sums: usize, gates: usize, h: usize): void {
  const row = <usize>H << 2;
  for (let j = 0; j < H; j += 4) {
    const n = H - j, at = <usize>j << 2, xj = x + at, sj = sums + at, gj = gates + at;
    const z = sigmoid(f32x4.add(loadLanes(xj, n), loadLanes(sj, n)));
    const r = sigmoid(f32x4.add(loadLanes(xj + row, n), loadLanes(sj + row, n)));
    const recurrent = loadLanes(sj + 2 * row, n);
    const candidate = tanh(multiplyAdd(r, recurrent, loadLanes(xj + 2 * row, n)));
    storeLanes(gj, z, n);
    storeLanes(gj + row, r, n);
    storeLanes(gj + 2 * row, candidate, n);
    storeLanes(gj + 3 * row, recurrent, n);
    storeLanes(h + at, multiplyAdd(z, f32x4.sub(loadLanes(h + at, n), candidate), candidate), n);
  }
}

/** Gradients from dOut (laid out as `out`): dxw [B,T,3H], du [H,3H], dBias [3H] (or null), dh0 [B,H]. */
export function gruBackward(B: i32, T: i32, H: i32, u: usize, mask: usize, drop: usize, saved: usize, dOut: usize, dxw: usize, du: usize, dBias: usize, dh0: usize, workspace: usize): void {
  const batch = <usize>B, steps = <usize>T, row = <usize>H << 2, gateRow = 3 * row;
  const stateBytes = batch * row, aligned = align16(stateBytes);
  const gates = saved, hidden = gates + batch * steps * 4 * row;
  const packed = align16(workspace), carry = packed + align16(packedBytes(H, 3 * H)), product = carry + aligned, zeros = product + aligned;
  const dStep = zeros + aligned, dSums = dStep + align16(batch * gateRow), droppedHidden = dSums + align16(steps * batch * gateRow), tailTile = droppedHidden + align16(steps * stateBytes);
  const gemmWorkspace = tailTile + TAIL_TILE_BYTES;
  const dh = dh0;
  packMatrix(u, 1, H, 3 * H, packed);
  memory.copy(dh, dOut + batch * steps * row, stateBytes);
  memory.fill(carry, 0, stateBytes);
  memory.fill(zeros, 0, stateBytes);
  if (dBias) memory.fill(dBias, 0, gateRow);

  for (let t = steps; t-- > 0; ) {
    for (let b: usize = 0; b < batch; b++) {
      const at = b * steps + t;
      const output = carry + b * row, d = dStep + b * gateRow;
      // The output of a padded step is the one before it, and so is its gradient.
      accumulate(output, dOut + at * row, <usize>H);
      if (isActive(mask, b, t, steps)) {
        accumulate(dh + b * row, output, <usize>H);
        memory.fill(output, 0, row);
        stepGradient(H, gates + at * 4 * row, hidden + at * row, dh + b * row, dxw + at * gateRow, d);
        if (dBias) accumulate(dBias, d, 3 * <usize>H);
      } else {
        memory.fill(dxw + at * gateRow, 0, gateRow);
        memory.fill(d, 0, gateRow);
      }
      memory.copy(dSums + at * gateRow, d, gateRow);
    }
    addStateGradient(B, H, 3 * H, dStep, packed, drop, dh, product, zeros, tailTile);
  }

  weightGradient(B, T, H, 3 * H, hidden, drop, droppedHidden, dSums, du, gemmWorkspace);
}

/** Through one sequence's step: dh becomes what reaches the state before directly; dx and dSums are set. */
function stepGradient(H: i32, gates: usize, hidden: usize, dh: usize, dx: usize, dSums: usize): void {
  const row = <usize>H << 2;
  for (let j = 0; j < H; j += 4) {
    const n = H - j, at = <usize>j << 2, gj = gates + at, dxj = dx + at, dsj = dSums + at;
    const z = loadLanes(gj, n), r = loadLanes(gj + row, n), candidate = loadLanes(gj + 2 * row, n), recurrent = loadLanes(gj + 3 * row, n);
    const dOutput = loadLanes(dh + at, n);
    const dz = sigmoidGradient(f32x4.mul(dOutput, f32x4.sub(loadLanes(hidden + at, n), candidate)), z);
    const dCandidate = tanhGradient(f32x4.mul(dOutput, f32x4.sub(f32x4.splat(1), z)), candidate);
    const dr = sigmoidGradient(f32x4.mul(dCandidate, recurrent), r);
    storeLanes(dxj, dz, n);
    storeLanes(dxj + row, dr, n);
    storeLanes(dxj + 2 * row, dCandidate, n);
    storeLanes(dsj, dz, n);
    storeLanes(dsj + row, dr, n);
    storeLanes(dsj + 2 * row, f32x4.mul(dCandidate, r), n);
    storeLanes(dh + at, f32x4.mul(dOutput, z), n);
  }
}
