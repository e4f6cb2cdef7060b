import { GRU_RESET_BEFORE, gateCount, inputGate, recurrentGate, slotCount } from './cell';
import { addColumnSums } from './column-sums';
import { RecurrentBackwardArguments } from './generated/descriptors';
import { PANEL, PANEL_BYTES } from './generated/micro-kernels';
import { Gradients } from './gradients';
import { multiply, multiplyPackedRows } from './multiply';
import { packPanel, packRows } from './pack';
import { copyRow } from './rows';
import { backwardRows, padded, Steps } from './run';

/** Writes a chunk's part of dx and adds its part of dw, du and the biases. Its rows of the steps are [position, end). */
export function addChunk(args: RecurrentBackwardArguments, steps: Steps, gradients: Gradients, position: i32, end: i32): void {
  const cell = args.cell, I = args.I, H = args.H, T = args.T, reverse = args.reverse, x = args.x, dx = args.dx;
  const units = padded(H), capacity = backwardRows(args.B, T);
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

/** Panels of K rows, each gate padded to whole panels, become [K, gates·H]. */
export function unpackGates(to: usize, panels: usize, K: i32, gates: i32, H: i32, units: i32): void {
  for (let gate = 0; gate < gates; gate++) {
    for (let j = 0; j < units; j += PANEL) {
      for (let k = 0; k < K; k++, panels += PANEL_BYTES) copyRow(to + (<usize>(k * gates * H + gate * H + j) << 2), panels, min(PANEL, H - j));
    }
  }
}
