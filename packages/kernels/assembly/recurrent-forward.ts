import { GRU_RESET_AFTER, GRU_RESET_BEFORE, gateCount, LSTM, slotCount } from './cell';
import { fillTable, SLOPE, TABLE_BYTES } from './exponential';
import { HardSigmoid, Sigmoid } from './gate-functions';
import { RecurrentForwardArguments, RecurrentForwardWorkspaceBytesArguments } from './generated/descriptors';
import { gruCandidateStep, gruResetStep, gruStep } from './gru';
import { lstmStep } from './lstm';
import { Matrix, multiplyBy, prepareMatrix } from './matrix';
import { multiplyInt8WorkspaceBytes } from './quantized';
import { rnnStep } from './rnn';
import { clearRow, copyRow, multiplyRow, resizeRows } from './rows';
import { forwardRows, padded, placeSteps, Steps, stepsBytes } from './run';
import { align } from './simd';

/** Up to this many rows, packing a weight matrix costs more than reading it in place. */
const UNPACKED_ROWS: i32 = 3;

/** Floats of `saved`, what the gradient needs of a sequence. */
export function recurrentSavedFloats(cell: i32, B: i32, T: i32, H: i32, drop: i32): i32 {
  return <i32>(stepsBytes(cell, B * T, H, drop != 0) >> 2);
}

/** Scratch bytes of recurrentForward. */
export function recurrentForwardWorkspaceBytes(args: RecurrentForwardWorkspaceBytesArguments): usize {
  const cell = args.cell, B = args.B, I = args.I, H = args.H;
  const units = padded(H), columns = <usize>(gateCount(cell) * units), rows = forwardRows(cell, B, args.T, H);
  const stateBytes = align(<usize>(B * units) << 2);
  const steps = args.saves ? 0 : stepsBytes(cell, rows, H, args.drop != 0);
  const matrices = args.int8 ? multiplyInt8WorkspaceBytes(rows, max(I, H)) : align((<usize>I * columns) << 2) + align((<usize>H * columns) << 2);
  return 192 + TABLE_BYTES + matrices + 2 * align(columns << 2) + 2 * stateBytes + align(<usize>(rows * I) << 2) + align((<usize>B * columns) << 2) + steps;
}

/** Arrays of a forward run in its scratch memory. */
@unmanaged
class Workspace {
  table: usize;
  /** Of products with int8 matrices. */
  scratch: usize;
  /** [gates·units] each, zeros beyond H. */
  sumBias: usize;
  recurrentSumBias: usize;
  /** [B, units] the states. */
  h: usize;
  c: usize;
  /** [rows, I] of a chunk. */
  xRows: usize;
  /** [B, gates·units] of a step, where the recurrent sums are kept apart. */
  sums: usize;
}

/** A recurrent layer over B sequences of T steps, float32, batch-major; `cell` as in cell.ts. src/descriptors.ts has the arguments. */
export function recurrentForward(args: RecurrentForwardArguments): void {
  const cell = args.cell, B = args.B, T = args.T, I = args.I, H = args.H, saved = args.saved;
  const gates = gateCount(cell), units = padded(H), columns = gates * units;
  const columnRow = <usize>columns << 2, slotRow = <usize>slotCount(cell) * (<usize>units << 2);
  const rowsAtMost = forwardRows(cell, B, T, H);

  const start = align(args.workspace);
  const steps = changetype<Steps>(start), matrixW = changetype<Matrix>(start + 32), matrixU = changetype<Matrix>(start + 64);
  const at = changetype<Workspace>(start + 96);
  const end = layOut(at, start + 128, args, rowsAtMost);
  placeSteps(steps, cell, saved ? B * T : rowsAtMost, H, args.drop != 0, saved ? saved : end);

  fillTable(at.table);
  store<f32>(at.table + SLOPE, args.hardSigmoid);
  copyOrClear(at.sumBias, units, args.bias, H, gates);
  copyOrClear(at.recurrentSumBias, units, args.recurrentBias, H, gates);
  copyOrClear(at.h, units, args.h0, H, B);
  copyOrClear(at.c, units, args.c0, H, B);
  const inPlace = units == H && B * T <= UNPACKED_ROWS, int8 = args.int8 != 0;
  prepareMatrix(matrixW, args.w, int8, I, gates, H, units, inPlace, at.scratch);
  prepareMatrix(matrixU, args.u, int8, H, gates, H, units, inPlace, at.scratch + align(<usize>I * columnRow));

  // With saved values, rows follow each other over all chunks. Without, each chunk overwrites the chunk before.
  let written: usize = 0;
  for (let t = 0; t < T; ) {
    const chunk = t, first = saved ? written : 0;
    let rows = 0;
    while (t < T && rows + B <= rowsAtMost) rows += gatherStep(args, t++, at.xRows + (<usize>(rows * I) << 2), steps.index + ((first + rows) << 2));
    if (rows) multiplyBy(matrixW, 0, rows, columns, I, at.xRows, <usize>I << 2, at.sumBias, 0, steps.gates + first * slotRow, slotRow, at.scratch);

    for (let step = chunk, row = first; step < t; step++) {
      const n = takeStates(args, steps, at.h, step, row, first + rows);
      if (n == 0) continue;
      multiplyStates(args, steps, at, matrixU, row, n);
      applyGates(args, steps, at, step, row, n);
      row += n;
    }
    written = first + rows;
  }

  if (args.mask && args.y) repeatOutputs(args);
  if (args.lastH) resizeRows(args.lastH, H, at.h, units, B);
  if (args.lastC) resizeRows(args.lastC, H, at.c, units, B);
}

/** Lays the arrays out from `from` on and returns their end. `scratch` holds packed matrices, or the scratch memory of int8 products. */
function layOut(at: Workspace, from: usize, args: RecurrentForwardArguments, rows: i32): usize {
  const B = args.B, I = args.I, H = args.H, units = padded(H);
  const columnRow = <usize>(gateCount(args.cell) * units) << 2, stateBytes = align(<usize>(B * units) << 2);
  at.table = from;
  at.scratch = from + TABLE_BYTES;
  at.sumBias = at.scratch + (args.int8 ? multiplyInt8WorkspaceBytes(rows, max(I, H)) : align(<usize>I * columnRow) + align(<usize>H * columnRow));
  at.recurrentSumBias = at.sumBias + align(columnRow);
  at.h = at.recurrentSumBias + align(columnRow);
  at.c = at.h + stateBytes;
  at.xRows = at.c + stateBytes;
  at.sums = at.xRows + align(<usize>(rows * I) << 2);
  return at.sums + align(<usize>B * columnRow);
}

/** Rows of `fromFloats`, or zeros for the null pointer, become rows of `toFloats`. */
function copyOrClear(to: usize, toFloats: i32, from: usize, fromFloats: i32, rows: i32): void {
  if (from) resizeRows(to, toFloats, from, fromFloats, rows);
  else clearRow(to, rows * toFloats);
}

/** Copies the real rows of x of a step, lists them in `index`, and returns their number. */
function gatherStep(args: RecurrentForwardArguments, t: i32, to: usize, index: usize): i32 {
  const T = args.T, I = args.I, xStep = args.reverse ? T - 1 - t : t;
  let n = 0;
  for (let b = 0; b < args.B; b++) {
    if (!isActive(args.mask, b, t, T, args.reverse)) continue;
    copyRow(to, args.x + (<usize>(b * T + xStep) * I << 2), I);
    store<u32>(index + (<usize>n << 2), b * T + t);
    to += <usize>I << 2;
    n++;
  }
  return n;
}

/** Copies the states of a step's sequences to `hidden` (and `before`), from `row` on, and returns the number of rows. */
// @ts-ignore: decorator
@inline
function takeStates(args: RecurrentForwardArguments, steps: Steps, h: usize, step: i32, row: usize, end: usize): i32 {
  const T = args.T, H = args.H, units = padded(H), unitRow = <usize>units << 2, drop = args.drop;
  const keeps = steps.before != steps.hidden && args.cell != LSTM;
  let n = 0;
  for (; row < end; row++, n++) {
    const at = load<u32>(steps.index + (row << 2));
    const sequence = at / T;
    if (at - sequence * T != step) break;
    const b = <usize>sequence, to = steps.hidden + row * unitRow;
    if (keeps) copyRow(steps.before + row * unitRow, h + b * unitRow, units);
    copyRow(to, h + b * unitRow, units);
    if (drop) multiplyRow(to, to, drop + (b * H << 2), H);
  }
  return n;
}

/** Adds h·U to the sums of a step's n rows. GRU resetAfter keeps it apart, in `sums`. */
// @ts-ignore: decorator
@inline
function multiplyStates(args: RecurrentForwardArguments, steps: Steps, at: Workspace, matrixU: Matrix, row: usize, n: i32): void {
  const cell = args.cell, H = args.H, units = padded(H), columns = gateCount(cell) * units;
  const unitRow = <usize>units << 2, slotRow = <usize>slotCount(cell) * unitRow;
  const gates = steps.gates + row * slotRow, hidden = steps.hidden + row * unitRow;
  if (cell == GRU_RESET_AFTER) {
    multiplyBy(matrixU, 0, n, columns, H, hidden, unitRow, at.recurrentSumBias, 0, at.sums, <usize>columns << 2, at.scratch);
  } else if (cell == GRU_RESET_BEFORE) {
    const reset = steps.reset + row * unitRow, candidate = gates + 2 * unitRow;
    multiplyBy(matrixU, 0, n, 2 * units, H, hidden, unitRow, gates, slotRow, gates, slotRow, at.scratch);
    for (let r: usize = 0; r < <usize>n; r++) resetStep(args.hardSigmoid != 0, at.table, units, gates + r * slotRow, hidden + r * unitRow, reset + r * unitRow);
    multiplyBy(matrixU, 2 * units, n, units, H, reset, unitRow, candidate, slotRow, candidate, slotRow, at.scratch);
  } else {
    multiplyBy(matrixU, 0, n, columns, H, hidden, unitRow, gates, slotRow, gates, slotRow, at.scratch);
  }
}

/** Computes activations and states from a step's sums, and writes the outputs. */
// @ts-ignore: decorator
@inline
function applyGates(args: RecurrentForwardArguments, steps: Steps, at: Workspace, step: i32, row: usize, n: i32): void {
  const cell = args.cell, T = args.T, H = args.H, y = args.y, hard: i32 = args.hardSigmoid != 0, table = at.table;
  const units = <usize>padded(H), unitRow = units << 2, slotRow = <usize>slotCount(cell) * unitRow, columnRow = <usize>gateCount(cell) * unitRow;
  for (let r: usize = 0; r < <usize>n; r++) {
    const index = load<u32>(steps.index + ((row + r) << 2)), b = <usize>(index / T), hb = at.h + b * unitRow, gate = steps.gates + (row + r) * slotRow;
    if (cell == LSTM) {
      const cb = at.c + b * unitRow, before = steps.before + (row + r) * unitRow;
      if (hard) lstmStep<HardSigmoid>(table, units, gate, before, cb, hb);
      else lstmStep<Sigmoid>(table, units, gate, before, cb, hb);
    } else if (cell == GRU_RESET_AFTER) {
      if (hard) gruStep<HardSigmoid>(table, units, gate, at.sums + r * columnRow, hb);
      else gruStep<Sigmoid>(table, units, gate, at.sums + r * columnRow, hb);
    } else if (cell == GRU_RESET_BEFORE) {
      gruCandidateStep(table, units, gate, hb);
    } else {
      rnnStep(cell, table, units, gate, hb);
    }
    if (y) copyRow(y + (<usize>(index * H) << 2), hb, H);
  }
}

function resetStep(hard: i32, table: usize, units: usize, gates: usize, hidden: usize, reset: usize): void {
  if (hard) gruResetStep<HardSigmoid>(table, units, gates, hidden, reset);
  else gruResetStep<Sigmoid>(table, units, gates, hidden, reset);
}

/** Whether step t (in the order of running) of sequence b is real. */
export function isActive(mask: usize, b: i32, t: i32, T: i32, reverse: i32): bool {
  return mask == 0 || load<u8>(mask + b * T + (reverse ? T - 1 - t : t)) != 0;
}

/** The output at a padded step: the one before it, or zeros at the first. */
function repeatOutputs(args: RecurrentForwardArguments): void {
  const T = args.T, H = args.H, row = <usize>H << 2;
  let y = args.y;
  for (let b = 0; b < args.B; b++) {
    for (let t = 0; t < T; t++, y += row) {
      if (isActive(args.mask, b, t, T, args.reverse)) continue;
      if (t) copyRow(y, y - row, H);
      else clearRow(y, H);
    }
  }
}
