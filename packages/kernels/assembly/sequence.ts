/**
 * What the fused recurrent kernels share. All of them take B sequences of T steps, batch-major, float32:
 *
 *   xw      [B, T, gates·H]   x·W + b of every step, computed before as one product
 *   u       [H, gates·H]      the recurrent kernel
 *   mask    uint8 [B, T]      0 marks a padded step: the state stays, the output before it is repeated; or null
 *   drop    [B, H]            factors on the previous output inside the recurrent product (variational dropout); or null
 *   out     y [B, T, H], then the final states, each [B, H]
 *   hidden  [B, T, H]         the output state before each step, kept for the gradient
 *
 * Products read and write a step's rows side by side, not a whole sequence apart: rows that are a multiple of 4 KB apart
 * fall into the same cache sets.
 */

/** Whether step t of sequence b is real. */
export function isActive(mask: usize, b: usize, t: usize, T: usize): bool {
  return mask == 0 || load<u8>(mask + b * T + t) != 0;
}

/** Copies an initial state, or zeros if it is null. */
export function initializeState(state: usize, initial: usize, bytes: usize): void {
  if (initial) memory.copy(state, initial, bytes);
  else memory.fill(state, 0, bytes);
}

/** The output at a padded step: the one before it, or zeros at the first. */
export function repeatOutput(y: usize, t: usize, rowBytes: usize): void {
  if (t) memory.copy(y, y - rowBytes, rowBytes);
  else memory.fill(y, 0, rowBytes);
}

/** to = a ∘ b, n floats. */
export function multiply(to: usize, a: usize, b: usize, n: usize): void {
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), f32x4.mul(v128.load(a + (i << 2)), v128.load(b + (i << 2))));
  for (; i < n; i++) store<f32>(to + (i << 2), load<f32>(a + (i << 2)) * load<f32>(b + (i << 2)));
}

/** to += a, n floats. */
export function accumulate(to: usize, a: usize, n: usize): void {
  let i: usize = 0;
  for (; i + 4 <= n; i += 4) v128.store(to + (i << 2), f32x4.add(v128.load(to + (i << 2)), v128.load(a + (i << 2))));
  for (; i < n; i++) store<f32>(to + (i << 2), load<f32>(to + (i << 2)) + load<f32>(a + (i << 2)));
}

/** Each of `hidden`'s B·T rows times its sequence's dropout factors. */
export function dropHidden(to: usize, hidden: usize, drop: usize, B: usize, T: usize, H: usize): void {
  for (let b: usize = 0; b < B; b++) {
    for (let t: usize = 0; t < T; t++) {
      const row = (b * T + t) * H << 2;
      multiply(to + row, hidden + row, drop + (b * H << 2), H);
    }
  }
}
