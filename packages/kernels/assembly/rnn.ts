import { gemmWorkspaceBytes } from './gemm';
import { sigmoid, sigmoidGradient, tanh, tanhGradient } from './gate-functions';
import { TAIL_TILE_BYTES } from './multiply-block';
import { multiplyPacked, packedBytes, packMatrix } from './packed-matrix';
import { addStateGradient, weightGradient } from './recurrent-product';
import { accumulate, initializeState, isActive, multiply, repeatOutput } from './sequence';
import { align16, loadLanes, storeLanes } from './simd';

/** The activations that the fused cell knows, by number. */
const TANH: i32 = 0;
const RELU: i32 = 1;

/** Floats of `saved`: activations [T,B,H], hidden [B,T,H]. */
export function rnnSavedFloats(B: i32, T: i32, H: i32): i32 {
  return B * T * 2 * H;
}

/** Scratch bytes of rnnForward: packed U, dropped hidden state, tail tile. */
export function rnnForwardWorkspaceBytes(B: i32, T: i32, H: i32): i32 {
  return <i32>(align16(packedBytes(H, H)) + align16(<usize>(B * H) << 2) + TAIL_TILE_BYTES + 16);
}

/** Scratch bytes of rnnBackward: packed Uᵀ, four [B,H] arrays, the dropped hidden states, and the weight gradient's. */
export function rnnBackwardWorkspaceBytes(B: i32, T: i32, H: i32): i32 {
  return <i32>(align16(packedBytes(H, H)) + 4 * align16(<usize>(B * H) << 2) + align16(<usize>(B * T * H) << 2) + TAIL_TILE_BYTES + 16) + gemmWorkspaceBytes(H, B * T);
}

/** h_t = σ(xw_t + h_{t-1}·U) over a sequence; layouts as in sequence.ts. activation: 0 tanh, 1 relu, 2 sigmoid. */
export function rnnForward(B: i32, T: i32, H: i32, activation: i32, xw: usize, u: usize, h0: usize, mask: usize, drop: usize, out: usize, saved: usize, workspace: usize): void {
  const batch = <usize>B, steps = <usize>T, row = <usize>H << 2;
  const activations = saved, hidden = activations + batch * steps * row;
  const h = out + batch * steps * row;
  const packed = align16(workspace), dropped = packed + align16(packedBytes(H, H)), tailTile = dropped + align16(batch * row);
  packMatrix(u, 0, H, H, packed);
  initializeState(h, h0, batch * row);

  for (let t: usize = 0; t < steps; t++) {
    for (let b: usize = 0; b < batch; b++) memory.copy(hidden + (b * steps + t) * row, h + b * row, row);
    if (drop) multiply(dropped, h, drop, batch * <usize>H);
    const values = activations + t * batch * row;
    multiplyPacked(B, H, H, drop ? dropped : h, row, packed, xw + t * row, steps * row, values, row, tailTile);

    for (let b: usize = 0; b < batch; b++) {
      const output = out + (b * steps + t) * row, value = values + b * row;
      if (isActive(mask, b, t, steps)) {
        for (let j = 0; j < H; j += 4) {
          const n = H - j, at = value + (<usize>j << 2);
          storeLanes(at, activate(activation, loadLanes(at, n)), n);
        }
        memory.copy(h + b * row, value, row);
        memory.copy(output, value, row);
      } else {
        repeatOutput(output, t, row);
      }
    }
  }
}

function activate(activation: i32, x: v128): v128 {
  if (activation == TANH) return tanh(x);
  return activation == RELU ? f32x4.max(x, f32x4.splat(0)) : sigmoid(x);
}

/** The gradient through an activation whose value is y. */
function activationGradient(activation: i32, d: v128, y: v128): v128 {
  if (activation == TANH) return tanhGradient(d, y);
  return activation == RELU ? v128.and(d, f32x4.gt(y, f32x4.splat(0))) : sigmoidGradient(d, y);
}

/** Gradients from dOut (laid out as `out`): dxw [B,T,H], du [H,H], dh0 [B,H]. */
export function rnnBackward(B: i32, T: i32, H: i32, activation: i32, u: usize, mask: usize, drop: usize, saved: usize, dOut: usize, dxw: usize, du: usize, dh0: usize, workspace: usize): void {
  const batch = <usize>B, steps = <usize>T, row = <usize>H << 2;
  const stateBytes = batch * row, aligned = align16(stateBytes);
  const activations = saved, hidden = activations + batch * steps * row;
  const packed = align16(workspace), carry = packed + align16(packedBytes(H, H)), product = carry + aligned, zeros = product + aligned;
  const dStep = zeros + aligned, droppedHidden = dStep + aligned, tailTile = droppedHidden + align16(steps * stateBytes), gemmWorkspace = tailTile + TAIL_TILE_BYTES;
  const dh = dh0;
  packMatrix(u, 1, H, H, packed);
  memory.copy(dh, dOut + batch * steps * row, stateBytes);
  memory.fill(carry, 0, stateBytes);
  memory.fill(zeros, 0, stateBytes);

  for (let t = steps; t-- > 0; ) {
    for (let b: usize = 0; b < batch; b++) {
      const at = (b * steps + t) * row;
      const output = carry + b * row, d = dStep + b * row;
      // The output of a padded step is the one before it, and so is its gradient.
      accumulate(output, dOut + at, <usize>H);
      if (isActive(mask, b, t, steps)) {
        const dhb = dh + b * row, value = activations + (t * batch + b) * row;
        accumulate(dhb, output, <usize>H);
        memory.fill(output, 0, row);
        for (let j = 0; j < H; j += 4) {
          const n = H - j, lane = <usize>j << 2;
          storeLanes(d + lane, activationGradient(activation, loadLanes(dhb + lane, n), loadLanes(value + lane, n)), n);
        }
        memory.fill(dhb, 0, row);
      } else {
        memory.fill(d, 0, row);
      }
      memory.copy(dxw + at, d, row);
    }
    addStateGradient(B, H, H, dStep, packed, drop, dh, product, zeros, tailTile);
  }

  weightGradient(B, T, H, H, hidden, drop, droppedHidden, dxw, du, gemmWorkspace);
}
