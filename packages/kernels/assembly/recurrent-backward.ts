import { GRU_RESET_AFTER, GRU_RESET_BEFORE, gateCount, LSTM, slotCount } from './cell';
import { fillTable, SLOPE, TABLE_BYTES } from './exponential';
import { HardSigmoid, Sigmoid } from './gate-functions';
import { RecurrentBackwardArguments } from './generated/descriptors';
import { PANEL_BYTES } from './generated/micro-kernels';
import { Gradients, layOutGradients } from './gradients';
import { gruCandidateGradient, gruResetGradient, gruStepGradient } from './gru';
import { lstmStepGradient } from './lstm';
import { multiply } from './multiply';
import { rnnStepGradient } from './rnn';
import { addProductRow, addRow, clearRow, resizeRows } from './rows';
import { backwardRows, padded, placeSteps, Steps } from './run';
import { align } from './simd';
import { packTransposedGates } from './transposed-gates';
import { addChunk, unpackGates } from './weight-gradients';

/** Scratch bytes of recurrentBackward. */
export function recurrentBackwardWorkspaceBytes(cell: i32, B: i32, T: i32, I: i32, H: i32): usize {
  return layOutGradients(0, cell, B, T, I, H, 64 + 64 + 192 + TABLE_BYTES) + 4 * align(<usize>(B * padded(H)) << 2);
}

/** What a backward run carries from step to step: arrays in its scratch memory. */
@unmanaged
class Carried {
  table: usize;
  /** [B, units] the gradients of the states. */
  dh: usize;
  dc: usize;
  /** [B, units] the gradients of the outputs of padded steps, which repeat the output before them. */
  carry: usize;
  /** [rows of a step, units] the gradient of `hidden`, through the product. */
  back: usize;
}

/** Gradients of recurrentForward from those of y, lastH and lastC. src/descriptors.ts has the arguments. */
export function recurrentBackward(args: RecurrentBackwardArguments): void {
  const cell = args.cell, B = args.B, T = args.T, I = args.I, H = args.H, mask = args.mask;
  const gates = gateCount(cell), units = padded(H), capacity = backwardRows(B, T);
  const start = align(args.workspace);
  const steps = changetype<Steps>(start), gradients = changetype<Gradients>(start + 64), carried = changetype<Carried>(start + 192);
  prepare(args, steps, gradients, carried, start + 256);

  let position = mask ? activeSteps(mask, B * T) : B * T;
  let chunkEnd = position;
  for (let t = T; t-- > 0; ) {
    let n = B;
    if (mask) {
      n = 0;
      while (n < position && <i32>(load<u32>(steps.index + (<usize>(position - n - 1) << 2)) % T) == t) n++;
      carryOutputs(args, carried.carry, t);
      if (n == 0) continue;
    }
    if (chunkEnd - (position - n) > capacity) {
      addChunk(args, steps, gradients, position, chunkEnd);
      chunkEnd = position;
    }
    position -= n;
    const sums = gradients.sums + <usize>(capacity - (chunkEnd - position)) * <usize>(slotCount(cell) * units << 2);
    throughGates(args, steps, carried, t, position, n, sums);
    throughProduct(args, steps, gradients, carried, position, n, sums);
  }
  if (chunkEnd > position) addChunk(args, steps, gradients, position, chunkEnd);

  unpackGates(args.dw, gradients.dw, I, gates, H, units);
  unpackGates(args.du, gradients.du, H, gates, H, units);
  if (args.dBias) resizeRows(args.dBias, H, gradients.dBias, units, gates);
  if (args.dRecurrentBias) resizeRows(args.dRecurrentBias, H, gradients.dRecurrentBias, units, gates);
  if (args.dh0) resizeRows(args.dh0, H, carried.dh, units, B);
  if (args.dc0) resizeRows(args.dc0, H, carried.dc, units, B);
}

/** Lays all arrays out from `at` on, packs the matrices and sets the sums to zero. */
function prepare(args: RecurrentBackwardArguments, steps: Steps, gradients: Gradients, carried: Carried, at: usize): void {
  const cell = args.cell, B = args.B, T = args.T, I = args.I, H = args.H;
  const units = padded(H), columns = gateCount(cell) * units, stateBytes = align(<usize>(B * units) << 2);
  carried.table = at;
  carried.dh = layOutGradients(changetype<usize>(gradients), cell, B, T, I, H, at + TABLE_BYTES);
  carried.dc = carried.dh + stateBytes;
  carried.carry = carried.dc + stateBytes;
  carried.back = carried.carry + stateBytes;
  placeSteps(steps, cell, B * T, H, args.drop != 0, args.saved);
  fillTable(carried.table);
  store<f32>(carried.table + SLOPE, args.hardSigmoid);
  packTransposedGates(cell, args.w, I, H, units, gradients.packedW, true);
  packTransposedGates(cell, args.u, H, H, units, gradients.packedU, false);
  clearRow(gradients.zeros, max(units, padded(I)));
  clearRow(gradients.dw, I * columns);
  clearRow(gradients.du, H * columns);
  clearRow(gradients.dBias, columns);
  clearRow(gradients.dRecurrentBias, columns);
  if (args.mask) {
    clearRow(carried.carry, B * units);
    clearRow(args.dx, B * T * I);
  }
  if (args.dLastH) resizeRows(carried.dh, units, args.dLastH, H, B);
  else clearRow(carried.dh, B * units);
  if (args.dLastC) resizeRows(carried.dc, units, args.dLastC, H, B);
  else clearRow(carried.dc, B * units);
}

/** Adds the gradients of a step's outputs to those carried. A padded step repeats the output before it, which gets its gradient. */
function carryOutputs(args: RecurrentBackwardArguments, carry: usize, t: i32): void {
  const T = args.T, H = args.H, unitRow = <usize>padded(H) << 2, dY = args.dY;
  if (dY) for (let b = 0; b < args.B; b++) addRow(carry + <usize>b * unitRow, dY + (<usize>(b * T + t) * H << 2), H);
}

/** The gradient of the gates, for a step's n rows from `position` on: from dh and dc to the gradients of the sums. */
function throughGates(args: RecurrentBackwardArguments, steps: Steps, carried: Carried, t: i32, position: i32, n: i32, sums: usize): void {
  const cell = args.cell, T = args.T, H = args.H, hard: i32 = args.hardSigmoid != 0, dY = args.dY, table = carried.table;
  const units = <usize>padded(H), unitRow = units << 2, slotRow = <usize>slotCount(cell) * unitRow;
  for (let r = 0; r < n; r++) {
    const row = <usize>(position + r), b = <usize>(load<u32>(steps.index + (row << 2)) / T);
    const dhb = carried.dh + b * unitRow, dcb = carried.dc + b * unitRow, sum = sums + <usize>r * slotRow;
    const gate = steps.gates + row * slotRow, before = steps.before + row * unitRow;
    if (args.mask && dY) {
      addRow(dhb, carried.carry + b * unitRow, units);
      clearRow(carried.carry + b * unitRow, units);
    } else if (dY) {
      addRow(dhb, dY + ((b * T + t) * H << 2), H);
    }
    if (cell == LSTM) {
      if (hard) lstmStepGradient<HardSigmoid>(table, units, gate, before, dhb, dcb, sum);
      else lstmStepGradient<Sigmoid>(table, units, gate, before, dhb, dcb, sum);
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
}

/** The gradient of h·U, for a step's n rows from `position` on: from the gradients of the sums to dh of the previous step. */
function throughProduct(args: RecurrentBackwardArguments, steps: Steps, gradients: Gradients, carried: Carried, position: i32, n: i32, sums: usize): void {
  const cell = args.cell, T = args.T, H = args.H, drop = args.drop, back = carried.back, packedU = gradients.packedU;
  const gates = gateCount(cell), units = padded(H), unitRow = <usize>units << 2, slotRow = <usize>slotCount(cell) * unitRow;
  const block = <usize>units * PANEL_BYTES;
  if (cell == GRU_RESET_BEFORE) {
    multiply(n, units, units, sums, slotRow, packedU, block, PANEL_BYTES, gradients.zeros, 0, back, unitRow);
    for (let r: usize = 0; r < <usize>n; r++) {
      const row = <usize>position + r;
      resetGradient(args.hardSigmoid != 0, carried.table, units, steps.gates + row * slotRow, steps.hidden + row * unitRow, back + r * unitRow, sums + r * slotRow);
    }
    clearPadding(sums, n * slotCount(cell), H, units);
    multiply(n, units, 2 * units, sums + unitRow, slotRow, packedU + <usize>units * unitRow, 2 * block, PANEL_BYTES, back, unitRow, back, unitRow);
  } else {
    const skipped = cell == GRU_RESET_AFTER ? unitRow : 0;
    multiply(n, units, gates * units, sums + skipped, slotRow, packedU, <usize>gates * block, PANEL_BYTES, gradients.zeros, 0, back, unitRow);
  }
  for (let r = 0; r < n; r++) {
    const b = <usize>(load<u32>(steps.index + (<usize>(position + r) << 2)) / T), dhb = carried.dh + b * unitRow, from = back + <usize>r * unitRow;
    if (drop) addProductRow(dhb, from, drop + (b * H << 2), H);
    else addRow(dhb, from, units);
  }
}

function resetGradient(hard: i32, table: usize, units: usize, gates: usize, hidden: usize, dReset: usize, dSums: usize): void {
  if (hard) gruResetGradient<HardSigmoid>(table, units, gates, hidden, dReset, dSums);
  else gruResetGradient<Sigmoid>(table, units, gates, hidden, dReset, dSums);
}

/** Clears the units beyond H of `blocks` blocks. They may be NaN, which a product with zeros would pass on. */
function clearPadding(sums: usize, blocks: i32, H: i32, units: i32): void {
  if (units == H) return;
  sums += <usize>H << 2;
  for (let i = 0; i < blocks; i++, sums += <usize>units << 2) clearRow(sums, units - H);
}

/** How many of a mask's n bytes are not 0. */
function activeSteps(mask: usize, n: i32): i32 {
  let count = 0;
  for (let i = 0; i < n; i++) count += i32(load<u8>(mask + i) != 0);
  return count;
}
