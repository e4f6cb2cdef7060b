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

/** Blocks of units kept of a step, and, for the gradient, blocks of sums that have gradients of their own. */
export function slotCount(cell: i32): i32 {
  return cell == GRU_RESET_AFTER ? 4 : gateCount(cell);
}

/**
 * The gradient's slots are ordered so that those of x·W come first and side by side, and those of h·U too:
 * GRU resetAfter h, z, r, and h's recurrent sum; resetBefore h, z, r. Which gate of W slot `slot` belongs to, or -1.
 */
export function inputGate(cell: i32, slot: i32): i32 {
  if (cell < GRU_RESET_AFTER) return slot;
  return slot == 0 ? 2 : slot == 3 ? -1 : slot - 1;
}

/** Which gate of U gradient slot `slot` belongs to, or -1. */
export function recurrentGate(cell: i32, slot: i32): i32 {
  if (cell == GRU_RESET_AFTER) return slot - 1;
  return inputGate(cell, slot);
}
