import { gemmWorkspaceBytes } from './gemm';
import { sigmoid, sigmoidGradient, tanh, tanhGradient } from './gate-functions';
import { TAIL_TILE_BYTES } from './multiply-block';
import { multiplyPacked, packedBytes, packMatrix } from './packed-matrix';
import { addStateGradient, weightGradient } from './recurrent-product';
import { accumulate, initializeState, isActive, multiply, repeatOutput } from './sequence';
import { align16, loadLanes, multiplyAdd, storeLanes } from './simd';

/** Floats of `saved`: activated gates i, f, g, o [T,B,4H], cell [T,B,H], hidden [B,T,H]. */
export function lstmSavedFloats(B: i32, T: i32, H: i32): i32 {
  return B * T * 6 * H;
}

/** Scratch bytes of lstmForward: packed U, dropped hidden state, tail tile. */
export function lstmForwardWorkspaceBytes(B: i32, T: i32, H: i32): i32 {
  return <i32>(align16(packedBytes(4 * H, H)) + align16(<usize>(B * H) << 2) + TAIL_TILE_BYTES + 16);
}

/** Scratch bytes of lstmBackward: packed Uᵀ, three [B,H] arrays, a step's gate gradients, dropped hidden states, and the weight gradient's. */
export function lstmBackwardWorkspaceBytes(B: i32, T: i32, H: i32): i32 {
  return <i32>(align16(packedBytes(H, 4 * H)) + 3 * align16(<usize>(B * H) << 2) + align16(<usize>(B * 4 * H) << 2) + align16(<usize>(B * T * H) << 2) + TAIL_TILE_BYTES + 16) + gemmWorkspaceBytes(4 * H, B * T);
}

/**
 * The long short-term memory over a sequence, gates in Keras' order i, f, g, o; layouts as in sequence.ts.
 * c0 [B,H] or null; out ends with h [B,H] and c [B,H]; saved is what the gradient needs.
 */
export function lstmForward(B: i32, T: i32, H: i32, xw: usize, u: usize, h0: usize, c0: usize, mask: usize, drop: usize, out: usize, saved: usize, workspace: usize): void {
  const batch = <usize>B, steps = <usize>T, row = <usize>H << 2, gateRow = row << 2;
  const gates = saved, cell = gates + batch * steps * gateRow, hidden = cell + batch * steps * row;
  const h = out + batch * steps * row, c = h + batch * row;
  const packed = align16(workspace), dropped = packed + align16(packedBytes(4 * H, H)), tailTile = dropped + align16(batch * row);
  packMatrix(u, 0, 4 * H, H, packed);
  initializeState(h, h0, batch * row);
  initializeState(c, c0, batch * row);

  for (let t: usize = 0; t < steps; t++) {
    for (let b: usize = 0; b < batch; b++) memory.copy(hidden + (b * steps + t) * row, h + b * row, row);
    if (drop) multiply(dropped, h, drop, batch * <usize>H);
    const a = drop ? dropped : h;
    const stepGates = gates + t * batch * gateRow;
    multiplyPacked(B, 4 * H, H, a, row, packed, xw + t * gateRow, steps * gateRow, stepGates, gateRow, tailTile);

    for (let b: usize = 0; b < batch; b++) {
      const output = out + (b * steps + t) * row;
      if (isActive(mask, b, t, steps)) {
        step(H, stepGates + b * gateRow, c + b * row, h + b * row);
        memory.copy(output, h + b * row, row);
      } else {
        repeatOutput(output, t, row);
      }
    }
    memory.copy(cell + t * batch * row, c, batch * row);
  }
}

/** One sequence's gates, in place from sums to activations; c and h from their old to their new values. */
function step(H: i32, gates: usize, c: usize, h: usize): void {
  const row = <usize>H << 2;
  for (let j = 0; j < H; j += 4) {
    const n = H - j, at = <usize>j << 2, g0 = gates + at;
    const i = sigmoid(loadLanes(g0, n)), f = sigmoid(loadLanes(g0 + row, n));
    const g = tanh(loadLanes(g0 + 2 * row, n)), o = sigmoid(loadLanes(g0 + 3 * row, n));
    const next = multiplyAdd(f, loadLanes(c + at, n), f32x4.mul(i, g));
    storeLanes(g0, i, n);
    storeLanes(g0 + row, f, n);
    storeLanes(g0 + 2 * row, g, n);
    storeLanes(g0 + 3 * row, o, n);
    storeLanes(c + at, next, n);
    storeLanes(h + at, f32x4.mul(o, tanh(next)), n);
  }
}

/** Gradients from dOut (laid out as `out`): dxw [B,T,4H], du [H,4H], dState: dh0 [B,H], dc0 [B,H]. */
export function lstmBackward(B: i32, T: i32, H: i32, u: usize, c0: usize, mask: usize, drop: usize, saved: usize, dOut: usize, dxw: usize, du: usize, dState: usize, workspace: usize): void {
  const batch = <usize>B, steps = <usize>T, row = <usize>H << 2, gateRow = row << 2;
  const stateBytes = batch * row, aligned = align16(stateBytes);
  const gates = saved, cell = gates + batch * steps * gateRow, hidden = cell + batch * steps * row;
  const packed = align16(workspace), carry = packed + align16(packedBytes(H, 4 * H)), product = carry + aligned;
  const zeros = product + aligned, dGates = zeros + aligned, droppedHidden = dGates + align16(batch * gateRow), tailTile = droppedHidden + align16(steps * stateBytes);
  const gemmWorkspace = tailTile + TAIL_TILE_BYTES;
  const dh = dState, dc = dState + stateBytes;
  packMatrix(u, 1, H, 4 * H, packed);
  memory.copy(dState, dOut + batch * steps * row, 2 * stateBytes);
  memory.fill(carry, 0, stateBytes);
  memory.fill(zeros, 0, stateBytes);

  for (let t = steps; t-- > 0; ) {
    for (let b: usize = 0; b < batch; b++) {
      const at = b * steps + t, byStep = t * batch + b;
      const output = carry + b * row, d = dGates + b * gateRow;
      // The output of a padded step is the one before it, and so is its gradient.
      accumulate(output, dOut + at * row, <usize>H);
      if (isActive(mask, b, t, steps)) {
        accumulate(dh + b * row, output, <usize>H);
        memory.fill(output, 0, row);
        const before = t ? cell + (byStep - batch) * row : c0 ? c0 + b * row : zeros;
        stepGradient(H, gates + byStep * gateRow, cell + byStep * row, before, dh + b * row, dc + b * row, d);
      } else {
        memory.fill(d, 0, gateRow);
      }
      memory.copy(dxw + at * gateRow, d, gateRow);
    }
    addStateGradient(B, H, 4 * H, dGates, packed, drop, dh, product, zeros, tailTile);
  }

  weightGradient(B, T, H, 4 * H, hidden, drop, droppedHidden, dxw, du, gemmWorkspace);
}

/** Through one sequence's step: dh is taken in and becomes 0, dc becomes that of the step before, dGates is set. */
function stepGradient(H: i32, gates: usize, cell: usize, cellBefore: usize, dh: usize, dc: usize, dGates: usize): void {
  const row = <usize>H << 2;
  for (let j = 0; j < H; j += 4) {
    const n = H - j, at = <usize>j << 2, g0 = gates + at, d0 = dGates + at;
    const i = loadLanes(g0, n), f = loadLanes(g0 + row, n), g = loadLanes(g0 + 2 * row, n), o = loadLanes(g0 + 3 * row, n);
    const tanhCell = tanh(loadLanes(cell + at, n));
    const dOutput = loadLanes(dh + at, n);
    const dCell = f32x4.add(loadLanes(dc + at, n), tanhGradient(f32x4.mul(dOutput, o), tanhCell));
    storeLanes(d0, sigmoidGradient(f32x4.mul(dCell, g), i), n);
    storeLanes(d0 + row, sigmoidGradient(f32x4.mul(dCell, loadLanes(cellBefore + at, n)), f), n);
    storeLanes(d0 + 2 * row, tanhGradient(f32x4.mul(dCell, i), g), n);
    storeLanes(d0 + 3 * row, sigmoidGradient(f32x4.mul(dOutput, tanhCell), o), n);
    storeLanes(dc + at, f32x4.mul(dCell, f), n);
    storeLanes(dh + at, f32x4.splat(0), n);
  }
}
