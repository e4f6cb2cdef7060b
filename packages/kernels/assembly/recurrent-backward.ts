import { GRU_RESET_AFTER, GRU_RESET_BEFORE, gateCount, inputGate, LSTM, recurrentGate, slotCount } from './cell';
import { addColumnSums } from './column-sums';
import { fillTable, TABLE_BYTES } from './exponential';
import { HardSigmoid, Sigmoid } from './gate-functions';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { gruCandidateGradient, gruResetGradient, gruStepGradient } from './gru';
import { lstmStepGradient } from './lstm';
import { multiply, multiplyPackedRows } from './multiply';
import { packPanel, packPanelTransposed, packRows } from './pack';
import { isActive } from './recurrent-forward';
import { rnnStepGradient } from './rnn';
import { addProductRow, addRow, clearRow, copyRow, resizeRows } from './rows';
import { backwardRows, padded, placeSteps, Steps } from './run';
import { align } from './simd';

/** Gradients of a chunk's sums and what they are multiplied by. */
@unmanaged
class Gradients {
  /** [rows, slots·units]. */
  sums: usize;
  /** [rows, I] of x. */
  x: usize;
  /** [rows, I padded] of the gradient of x. */
  dx: usize;
  /** x, hidden and reset, packed by packRows. */
  packedX: usize;
  packedHidden: usize;
  packedReset: usize;
  /** One panel of `sums`. */
  panel: usize;
  /** Sums so far, in panels: side by side in memory, they are fetched ahead. [gates·units, I], [gates·units, H]; and [gates·units] twice. */
  dw: usize;
  du: usize;
  dBias: usize;
  dRecurrentBias: usize;
  /** Wᵀ [columns of x·W, I] and Uᵀ [columns of h·U, H] in the order of the slots; for GRU resetBefore the candidate's Uᵀ comes first. */
  packedW: usize;
  packedU: usize;
  /** [units or I padded]. */
  zeros: usize;
}

/** Scratch bytes of recurrentBackward. */
export function recurrentBackwardWorkspaceBytes(cell: i32, B: i32, T: i32, I: i32, H: i32): usize {
  return layOut(0, cell, B, T, I, H, 64 + 64 + 128 + TABLE_BYTES) + 4 * align(<usize>(B * padded(H)) << 2);
}

/** Lays Gradients' arrays out from `at` on (if there are any) and gives where they end. */
function layOut(gradients: usize, cell: i32, B: i32, T: i32, I: i32, H: i32, at: usize): usize {
  const rows = <usize>backwardRows(B, T), units = <usize>padded(H), columns = <usize>gateCount(cell) * units, features = <usize>padded(I);
  at = place(gradients, offsetof<Gradients>('sums'), at, rows * <usize>slotCount(cell) * units);
  at = place(gradients, offsetof<Gradients>('x'), at, rows * <usize>I);
  at = place(gradients, offsetof<Gradients>('dx'), at, rows * features);
  at = place(gradients, offsetof<Gradients>('packedX'), at, rows * <usize>I);
  at = place(gradients, offsetof<Gradients>('packedHidden'), at, rows * <usize>H);
  at = place(gradients, offsetof<Gradients>('packedReset'), at, cell == GRU_RESET_BEFORE ? rows * <usize>H : 0);
  at = place(gradients, offsetof<Gradients>('panel'), at, rows * PANEL);
  at = place(gradients, offsetof<Gradients>('dw'), at, <usize>I * columns);
  at = place(gradients, offsetof<Gradients>('du'), at, <usize>H * columns);
  at = place(gradients, offsetof<Gradients>('dBias'), at, columns);
  at = place(gradients, offsetof<Gradients>('dRecurrentBias'), at, columns);
  at = place(gradients, offsetof<Gradients>('packedW'), at, columns * features);
  at = place(gradients, offsetof<Gradients>('packedU'), at, columns * units);
  return place(gradients, offsetof<Gradients>('zeros'), at, max(units, features));
}

function place(gradients: usize, field: usize, at: usize, floats: usize): usize {
  if (gradients) store<usize>(gradients + field, at);
  return at + align(floats << 2);
}

/**
 * Gradients of recurrentForward from those of y, lastH and lastC (null for zeros): dx [B,T,I], dw [I,G·H], du [H,G·H];
 * dBias and dRecurrentBias [G·H], dh0 and dc0 [B,H], or null.
 */
export function recurrentBackward(
  cell: i32, B: i32, T: i32, I: i32, H: i32, hard: i32, reverse: i32,
  x: usize, w: usize, u: usize, mask: usize, drop: usize, saved: usize, dY: usize, dLastH: usize, dLastC: usize,
  dx: usize, dw: usize, du: usize, dBias: usize, dRecurrentBias: usize, dh0: usize, dc0: usize, workspace: usize,
): void {
  const gates = gateCount(cell), units = padded(H), features = padded(I), columns = gates * units;
  const unitRow = <usize>units << 2, slotRow = <usize>slotCount(cell) * unitRow;
  const stateBytes = align(<usize>B * unitRow), capacity = backwardRows(B, T);

  const start = align(workspace);
  const steps = changetype<Steps>(start), gradients = changetype<Gradients>(start + 64), table = start + 192;
  const dh = layOut(start + 64, cell, B, T, I, H, table + TABLE_BYTES), dc = dh + stateBytes, carry = dc + stateBytes, back = carry + stateBytes;
  placeSteps(steps, cell, B * T, H, drop != 0, saved);
  fillTable(table);
  packTransposedGates(cell, w, I, H, units, gradients.packedW, true);
  packTransposedGates(cell, u, H, H, units, gradients.packedU, false);
  clearRow(gradients.zeros, max(units, features));
  clearRow(gradients.dw, I * columns);
  clearRow(gradients.du, H * columns);
  clearRow(gradients.dBias, columns);
  clearRow(gradients.dRecurrentBias, columns);
  if (mask) {
    clearRow(carry, B * units);
    clearRow(dx, B * T * I);
  }
  if (dLastH) resizeRows(dh, units, dLastH, H, B);
  else clearRow(dh, B * units);
  if (dLastC) resizeRows(dc, units, dLastC, H, B);
  else clearRow(dc, B * units);

  let position = mask ? activeSteps(mask, B * T) : B * T;
  let chunkEnd = position;
  for (let t = T; t-- > 0; ) {
    let n = B;
    if (mask) {
      n = 0;
      while (n < position && <i32>(load<u32>(steps.index + (<usize>(position - n - 1) << 2)) % T) == t) n++;
      // The output of a padded step is the one before it, and so is its gradient.
      if (dY) for (let b = 0; b < B; b++) addRow(carry + <usize>b * unitRow, dY + (<usize>(b * T + t) * H << 2), H);
      if (n == 0) continue;
    }
    if (chunkEnd - (position - n) > capacity) {
      flush(cell, I, H, units, T, reverse, position, chunkEnd, capacity, steps, gradients, x, dx);
      chunkEnd = position;
    }
    position -= n;
    const index = steps.index + (<usize>position << 2);
    const sums = gradients.sums + <usize>(capacity - (chunkEnd - position)) * slotRow;

    for (let r = 0; r < n; r++) {
      const row = <usize>(position + r), b = <usize>(load<u32>(index + (<usize>r << 2)) / T);
      const dhb = dh + b * unitRow, gate = steps.gates + row * slotRow, before = steps.before + row * unitRow, sum = sums + <usize>r * slotRow;
      if (mask && dY) {
        addRow(dhb, carry + b * unitRow, units);
        clearRow(carry + b * unitRow, units);
      } else if (dY) {
        addRow(dhb, dY + ((b * T + t) * H << 2), H);
      }
      if (cell == LSTM) {
        if (hard) lstmStepGradient<HardSigmoid>(table, units, gate, before, dhb, dc + b * unitRow, sum);
        else lstmStepGradient<Sigmoid>(table, units, gate, before, dhb, dc + b * unitRow, sum);
        clearRow(dhb, units);
      } else if (cell == GRU_RESET_AFTER) {
        if (hard) gruStepGradient<HardSigmoid>(table, units, gate, before, dhb, sum);
        else gruStepGradient<Sigmoid>(table, units, gate, before, dhb, sum);
      } else if (cell == GRU_RESET_BEFORE) {
        if (hard) gruCandidateGradient<HardSigmoid>(table, units, gate, before, dhb, sum);
        else gruCandidateGradient<Sigmoid>(table, units, gate, before, dhb, sum);
      } else {
        rnnStepGradient(cell, table, units, gate, dhb, sum);
        clearRow(dhb, units);
      }
    }

    clearPadding(sums, n * slotCount(cell), H, units);

    // back [n,units]: the gradient of `hidden`, through the product.
    const block = <usize>units * PANEL_BYTES;
    if (cell == GRU_RESET_BEFORE) {
      multiply(n, units, units, sums, slotRow, gradients.packedU, block, PANEL_BYTES, gradients.zeros, 0, back, unitRow);
      for (let r: usize = 0; r < <usize>n; r++) resetGradient(hard, table, units, steps.gates + (position + r) * slotRow, steps.hidden + (position + r) * unitRow, back + r * unitRow, sums + r * slotRow);
      clearPadding(sums, n * slotCount(cell), H, units);
      multiply(n, units, 2 * units, sums + unitRow, slotRow, gradients.packedU + <usize>units * unitRow, 2 * block, PANEL_BYTES, back, unitRow, back, unitRow);
    } else {
      const skipped = cell == GRU_RESET_AFTER ? unitRow : 0;
      multiply(n, units, columns, sums + skipped, slotRow, gradients.packedU, <usize>gates * block, PANEL_BYTES, gradients.zeros, 0, back, unitRow);
    }
    for (let r: usize = 0; r < <usize>n; r++) {
      const b = <usize>(load<u32>(index + (r << 2)) / T);
      if (drop) addProductRow(dh + b * unitRow, back + r * unitRow, drop + (b * H << 2), H);
      else addRow(dh + b * unitRow, back + r * unitRow, units);
    }
  }
  if (chunkEnd > position) flush(cell, I, H, units, T, reverse, position, chunkEnd, capacity, steps, gradients, x, dx);
  unpackGates(dw, gradients.dw, I, gates, H, units);
  unpackGates(du, gradients.du, H, gates, H, units);
  if (dBias) resizeRows(dBias, H, gradients.dBias, units, gates);
  if (dRecurrentBias) resizeRows(dRecurrentBias, H, gradients.dRecurrentBias, units, gates);
  if (dh0) resizeRows(dh0, H, dh, units, B);
  if (dc0) resizeRows(dc0, H, dc, units, B);
}

function resetGradient(hard: i32, table: usize, units: usize, gates: usize, hidden: usize, dReset: usize, dSums: usize): void {
  if (hard) gruResetGradient<HardSigmoid>(table, units, gates, hidden, dReset, dSums);
  else gruResetGradient<Sigmoid>(table, units, gates, hidden, dReset, dSums);
}

/** Zeros for the units beyond H of `blocks` blocks: where they are NaN, a product with zeros would not leave them out. */
function clearPadding(sums: usize, blocks: i32, H: i32, units: i32): void {
  if (units == H) return;
  sums += <usize>H << 2;
  for (let i = 0; i < blocks; i++, sums += <usize>units << 2) clearRow(sums, units - H);
}

/** What a chunk's sums (rows [position, end) of the steps) give to dx, dw, du and the biases. */
function flush(cell: i32, I: i32, H: i32, units: i32, T: i32, reverse: i32, position: i32, end: i32, capacity: i32, steps: Steps, gradients: Gradients, x: usize, dx: usize): void {
  const rows = end - position, columns = gateCount(cell) * units, slots = slotCount(cell), features = padded(I);
  const unitRow = <usize>units << 2, slotRow = <usize>slots * unitRow, xRow = <usize>I << 2;
  const sums = gradients.sums + <usize>(capacity - rows) * slotRow;

  multiply(rows, features, columns, sums, slotRow, gradients.packedW, <usize>columns * PANEL_BYTES, PANEL_BYTES, gradients.zeros, 0, gradients.dx, <usize>features << 2);
  for (let r = 0; r < rows; r++) {
    const at = xIndex(load<u32>(steps.index + (<usize>(position + r) << 2)), T, reverse);
    copyRow(gradients.x + <usize>r * xRow, x + at * xRow, I);
    copyRow(dx + at * xRow, gradients.dx + (<usize>(r * features) << 2), I);
  }

  packRows(gradients.x, xRow, rows, I, gradients.packedX);
  packRows(steps.hidden + <usize>position * unitRow, unitRow, rows, H, gradients.packedHidden);
  if (cell == GRU_RESET_BEFORE) packRows(steps.reset + <usize>position * unitRow, unitRow, rows, H, gradients.packedReset);
  for (let slot = 0; slot < slots; slot++) {
    const ofInput = inputGate(cell, slot), ofRecurrent = recurrentGate(cell, slot);
    const packedHidden = cell == GRU_RESET_BEFORE && slot == 0 ? gradients.packedReset : gradients.packedHidden;
    for (let j = 0; j < units; j += PANEL) {
      packPanel(sums + (<usize>(slot * units + j) << 2), slotRow, rows, PANEL, gradients.panel);
      if (ofInput >= 0) {
        const column = <usize>(ofInput * units + j) << 2, c = gradients.dw + column * <usize>I;
        addColumnSums(rows, PANEL, gradients.panel, gradients.dBias + column);
        multiplyPackedRows(I, rows, gradients.packedX, gradients.panel, PANEL_BYTES, c, PANEL_BYTES, c, PANEL_BYTES);
      }
      if (ofRecurrent >= 0) {
        const column = <usize>(ofRecurrent * units + j) << 2, c = gradients.du + column * <usize>H;
        addColumnSums(rows, PANEL, gradients.panel, gradients.dRecurrentBias + column);
        multiplyPackedRows(H, rows, packedHidden, gradients.panel, PANEL_BYTES, c, PANEL_BYTES, c, PANEL_BYTES);
      }
    }
  }
}

/** The row of x that a step read. */
function xIndex(index: u32, T: i32, reverse: i32): usize {
  const t = <i32>index % T;
  return reverse ? <usize>(<i32>index - t + T - 1 - t) : <usize>index;
}

/** Wᵀ (or Uᵀ) [gates·units, K] as panels of K, gates in the order of the gradient's slots, each padded to `units` rows. */
function packTransposedGates(cell: i32, from: usize, K: i32, H: i32, units: i32, to: usize, input: bool): void {
  const gates = gateCount(cell), stride = <usize>(gates * H) << 2;
  const candidateApart = !input && cell == GRU_RESET_BEFORE;
  if (candidateApart) to = packTransposedBlocks(from + (<usize>(2 * H) << 2), stride, K, H, units, 1, 0, to);
  packTransposedBlocks(from, stride, K, H, units, candidateApart ? 2 : gates, input && cell >= GRU_RESET_AFTER ? 2 : 0, to);
}

/** Blocks of H columns of `from`, the first being block `rotation`, transposed; where the panels end. */
function packTransposedBlocks(from: usize, stride: usize, K: i32, H: i32, units: i32, blocks: i32, rotation: i32, to: usize): usize {
  const padding = (units - H) * PANEL;
  for (let j = 0; j < K; j += PANEL) {
    for (let block = 0; block < blocks; block++) {
      const source = from + (<usize>((block + rotation) % blocks * H) << 2);
      packPanelTransposed(source + <usize>j * stride, stride, H, min(PANEL, K - j), to);
      to += <usize>H * PANEL_BYTES;
      clearRow(to, padding);
      to += <usize>padding << 2;
    }
  }
  return to;
}

/** Panels of K rows, each gate padded to whole panels, become [K, gates·H]. */
function unpackGates(to: usize, panels: usize, K: i32, gates: i32, H: i32, units: i32): void {
  for (let gate = 0; gate < gates; gate++) {
    for (let j = 0; j < units; j += PANEL) {
      for (let k = 0; k < K; k++, panels += PANEL_BYTES) copyRow(to + (<usize>(k * gates * H + gate * H + j) << 2), panels, min(PANEL, H - j));
    }
  }
}

/** How many of a mask's n bytes are not 0. */
function activeSteps(mask: usize, n: i32): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) count += i32(load<u8>(mask + i) != 0);
  return count;
}
