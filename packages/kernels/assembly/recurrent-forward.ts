import { GRU_RESET_AFTER, GRU_RESET_BEFORE, gateCount, LSTM, slotCount } from './cell';
import { fillTable, TABLE_BYTES } from './exponential';
import { HardSigmoid, Sigmoid } from './gate-functions';
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
export function recurrentForwardWorkspaceBytes(cell: i32, B: i32, T: i32, I: i32, H: i32, drop: i32, saves: i32, int8: i32): usize {
  const units = padded(H), columns = <usize>(gateCount(cell) * units), rows = forwardRows(cell, B, T, H);
  const stateBytes = align(<usize>(B * units) << 2);
  const steps = saves ? 0 : stepsBytes(cell, rows, H, drop != 0);
  const matrices = int8 ? multiplyInt8WorkspaceBytes(rows, max(I, H)) : align((<usize>I * columns) << 2) + align((<usize>H * columns) << 2);
  return 192 + TABLE_BYTES + matrices + 2 * align(columns << 2) + 2 * stateBytes + align(<usize>(rows * I) << 2) + align((<usize>B * columns) << 2) + steps;
}

/**
 * A recurrent layer over B sequences of T steps, float32, batch-major; `cell` as in cell.ts, G its gates.
 *
 *   x [B,T,I]; w [I,G·H], u [H,G·H], bias [G·H] or null; recurrentBias [G·H] of h·U (GRU resetAfter alone) or null
 *   hard      gates pass through the hard sigmoid
 *   int8      w and u are packed by packInt8
 *   reverse   reads x and mask from the last step to the first
 *   h0, c0    [B,H] initial states, or null for zeros
 *   mask      uint8 [B,T]: 0 marks a padded step, no work is done there: the state stays, the output before it is repeated
 *             (zeros at the first); or null
 *   drop      [B,H] factors on the previous output inside h·U (variational dropout), or null
 *   y         [B,T,H] the outputs in the order of running, or null
 *   lastH, lastC   [B,H] the final states, or null
 *   saved     what the gradient needs, or null to keep nothing
 */
export function recurrentForward(
  cell: i32, B: i32, T: i32, I: i32, H: i32, hard: i32, int8: i32, reverse: i32,
  x: usize, w: usize, u: usize, bias: usize, recurrentBias: usize, h0: usize, c0: usize, mask: usize, drop: usize,
  y: usize, lastH: usize, lastC: usize, saved: usize, workspace: usize,
): void {
  const gateColumns = gateCount(cell), units = padded(H), columns = gateColumns * units;
  const unitRow = <usize>units << 2, columnRow = <usize>columns << 2, slotRow = <usize>slotCount(cell) * unitRow;
  const stateBytes = align(<usize>B * unitRow), rowsAtMost = forwardRows(cell, B, T, H);

  const start = align(workspace), table = start + 128;
  const steps = changetype<Steps>(start), matrixW = changetype<Matrix>(start + 32), matrixU = changetype<Matrix>(start + 64);
  const packedW = table + TABLE_BYTES, packedU = packedW + align(<usize>I * columnRow), scratch = packedW;
  const sumBias = int8 ? scratch + multiplyInt8WorkspaceBytes(rowsAtMost, max(I, H)) : packedU + align(<usize>H * columnRow);
  const recurrentSumBias = sumBias + align(columnRow);
  const h = recurrentSumBias + align(columnRow), c = h + stateBytes;
  const xRows = c + stateBytes, sums = xRows + align(<usize>(rowsAtMost * I) << 2);
  placeSteps(steps, cell, saved ? B * T : rowsAtMost, H, drop != 0, saved ? saved : sums + align(<usize>B * columnRow));

  fillTable(table);
  if (bias) resizeRows(sumBias, units, bias, H, gateColumns);
  else clearRow(sumBias, columns);
  if (recurrentBias) resizeRows(recurrentSumBias, units, recurrentBias, H, gateColumns);
  else clearRow(recurrentSumBias, columns);
  if (h0) resizeRows(h, units, h0, H, B);
  else clearRow(h, B * units);
  if (c0) resizeRows(c, units, c0, H, B);
  else clearRow(c, B * units);

  const inPlace = units == H && B * T <= UNPACKED_ROWS;
  prepareMatrix(matrixW, w, int8 != 0, I, gateColumns, H, units, inPlace, packedW);
  prepareMatrix(matrixU, u, int8 != 0, H, gateColumns, H, units, inPlace, packedU);

  // Rows of what is saved follow each other over all chunks; without, each chunk writes over the last.
  let end: usize = 0;
  for (let t = 0; t < T; ) {
    const chunk = t, chunkFirst = saved ? end : 0;
    let rows = 0;
    while (t < T && rows + B <= rowsAtMost) rows += gatherStep(t++, rows, B, T, I, reverse, x, mask, xRows, steps.index + ((chunkFirst + rows) << 2));
    if (rows) multiplyBy(matrixW, 0, rows, columns, I, xRows, <usize>I << 2, sumBias, 0, steps.gates + chunkFirst * slotRow, slotRow, scratch);

    let row = 0;
    for (let step = chunk; step < t; step++) {
      const from = chunkFirst + row;
      const index = steps.index + (from << 2), gates = steps.gates + from * slotRow, hidden = steps.hidden + from * unitRow;
      let n = 0;
      for (; row + n < rows; n++) {
        const at = load<u32>(index + (<usize>n << 2));
        if (at % T != step) break;
        const b = <usize>(at / T), to = hidden + <usize>n * unitRow;
        if (steps.before != steps.hidden && cell != LSTM) copyRow(steps.before + (from + n) * unitRow, h + b * unitRow, units);
        copyRow(to, h + b * unitRow, units);
        if (drop) multiplyRow(to, to, drop + (b * H << 2), H);
      }
      if (n == 0) continue;

      if (cell == GRU_RESET_AFTER) {
        multiplyBy(matrixU, 0, n, columns, H, hidden, unitRow, recurrentSumBias, 0, sums, columnRow, scratch);
      } else if (cell == GRU_RESET_BEFORE) {
        const reset = steps.reset + from * unitRow, candidate = gates + 2 * unitRow;
        multiplyBy(matrixU, 0, n, 2 * units, H, hidden, unitRow, gates, slotRow, gates, slotRow, scratch);
        for (let r: usize = 0; r < <usize>n; r++) resetStep(hard, table, units, gates + r * slotRow, hidden + r * unitRow, reset + r * unitRow);
        multiplyBy(matrixU, 2 * units, n, units, H, reset, unitRow, candidate, slotRow, candidate, slotRow, scratch);
      } else {
        multiplyBy(matrixU, 0, n, columns, H, hidden, unitRow, gates, slotRow, gates, slotRow, scratch);
      }

      for (let r: usize = 0; r < <usize>n; r++) {
        const b = <usize>(load<u32>(index + (r << 2)) / T), hb = h + b * unitRow, gate = gates + r * slotRow;
        if (cell == LSTM) {
          const cb = c + b * unitRow, before = steps.before + (from + r) * unitRow;
          if (hard) lstmStep<HardSigmoid>(table, units, gate, before, cb, hb);
          else lstmStep<Sigmoid>(table, units, gate, before, cb, hb);
        } else if (cell == GRU_RESET_AFTER) {
          if (hard) gruStep<HardSigmoid>(table, units, gate, sums + r * columnRow, hb);
          else gruStep<Sigmoid>(table, units, gate, sums + r * columnRow, hb);
        } else if (cell == GRU_RESET_BEFORE) {
          gruCandidateStep(table, units, gate, hb);
        } else {
          rnnStep(cell, table, units, gate, hb);
        }
        if (y) copyRow(y + ((b * T + step) * H << 2), hb, H);
      }
      row += n;
    }
    end = chunkFirst + rows;
  }

  if (mask && y) repeatOutputs(B, T, H, reverse, mask, y);
  if (lastH) resizeRows(lastH, H, h, units, B);
  if (lastC) resizeRows(lastC, H, c, units, B);
}

function resetStep(hard: i32, table: usize, units: usize, gates: usize, hidden: usize, reset: usize): void {
  if (hard) gruResetStep<HardSigmoid>(table, units, gates, hidden, reset);
  else gruResetStep<Sigmoid>(table, units, gates, hidden, reset);
}

/** Whether step t (in the order of running) of sequence b is real. */
export function isActive(mask: usize, b: i32, t: i32, T: i32, reverse: i32): bool {
  return mask == 0 || load<u8>(mask + b * T + (reverse ? T - 1 - t : t)) != 0;
}

/** Copies a step's real rows of x from `row` on and lists them in `index`; how many there are. */
export function gatherStep(t: i32, row: i32, B: i32, T: i32, I: i32, reverse: i32, x: usize, mask: usize, to: usize, index: usize): i32 {
  let n = 0;
  to += <usize>(row * I) << 2;
  const xStep = reverse ? T - 1 - t : t;
  for (let b = 0; b < B; b++) {
    if (!isActive(mask, b, t, T, reverse)) continue;
    copyRow(to, x + (<usize>(b * T + xStep) * I << 2), I);
    store<u32>(index + (<usize>n << 2), b * T + t);
    to += <usize>I << 2;
    n++;
  }
  return n;
}

/** The output at a padded step: the one before it, or zeros at the first. */
function repeatOutputs(B: i32, T: i32, H: i32, reverse: i32, mask: usize, y: usize): void {
  const row = <usize>H << 2;
  for (let b = 0; b < B; b++) {
    for (let t = 0; t < T; t++, y += row) {
      if (isActive(mask, b, t, T, reverse)) continue;
      if (t) copyRow(y, y - row, H);
      else clearRow(y, H);
    }
  }
}

