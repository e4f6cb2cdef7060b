/** The recurrent cells by number. Gates are in Keras' order: LSTM i, f, g (the candidate), o; GRU z, r, h (the candidate). */
export const RNN_TANH: i32 = 0;
export const RNN_RELU: i32 = 1;
export const RNN_SIGMOID: i32 = 2;
export const LSTM: i32 = 3;
/** The reset gate works on the recurrent product. */
export const GRU_RESET_AFTER: i32 = 4;
/** The reset gate works on the state before the recurrent product. */
export const GRU_RESET_BEFORE: i32 = 5;

/** Column blocks of W and U. */
export function gateCount(cell: i32): i32 {
  return cell == LSTM ? 4 : cell >= GRU_RESET_AFTER ? 3 : 1;
}

/** Blocks of units saved for each step. The gradient has as many blocks of sums. */
export function slotCount(cell: i32): i32 {
  return cell == GRU_RESET_AFTER ? 4 : gateCount(cell);
}

/**
 * The gate of W that gradient slot `slot` belongs to, or -1. Slots of x·W are neighbours, and so are those of h·U:
 * GRU resetAfter has h, z, r and h's recurrent sum; resetBefore h, z, r.
 */
export function inputGate(cell: i32, slot: i32): i32 {
  if (cell < GRU_RESET_AFTER) return slot;
  return slot == 0 ? 2 : slot == 3 ? -1 : slot - 1;
}

/** The gate of U that gradient slot `slot` belongs to, or -1. */
export function recurrentGate(cell: i32, slot: i32): i32 {
  if (cell == GRU_RESET_AFTER) return slot - 1;
  return inputGate(cell, slot);
}
