/** The operands of the recurrent ops: their shapes, and the errors about wrong ones. */
import type * as tf from '@tensorflow/tfjs-core';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';

export const gateCounts = { rnnTanh: 1, rnnRelu: 1, rnnSigmoid: 1, lstm: 4, gruResetAfter: 3, gruResetBefore: 3 } as const;

export type Operands = Record<string, tf.TensorInfo | undefined>;

export interface RecurrentSize {
  B: number;
  T: number;
  I: number;
  H: number;
}

export const biasShape = ({ H }: RecurrentSize, cell: RecurrentAttrs['cell']): number[] =>
  cell === 'gruResetAfter' ? [2, 3 * H] : [gateCounts[cell] * H];

export function outShape({ B, T, H }: RecurrentSize, { cell, output }: RecurrentAttrs): number[] {
  if (output === 'sequence') return [B, T, H];
  if (output === 'last') return [B, H];
  return [B * T * H + (cell === 'lstm' ? 2 : 1) * B * H];
}

/** @throws if there is no feature or no unit. */
export function sizeOf({ x, u }: Operands, { cell, units }: RecurrentAttrs): RecurrentSize {
  const [B = 0, T = 0, I = 0] = x?.shape ?? [];
  // A packed matrix does not show its size.
  const H = u?.dtype === 'int32' ? units : (u?.shape[0] ?? 0);
  if (I < 1 || H < 1) throw new Error(`recurrent ${cell}: expected at least one feature and one unit, got ${I} and ${H}`);
  return { B, T, I, H };
}

/**
 * @param needed the operands that must be there.
 * @param more shapes of further operands, and of those that a backend wants in another form.
 * @throws if a needed operand is missing, or an operand's shape or type is wrong.
 */
export function checkOperands(
  size: RecurrentSize,
  inputs: Operands,
  attrs: RecurrentAttrs,
  needed: readonly string[],
  more: Record<string, number[]>,
): void {
  const { cell } = attrs;
  const { B, T, I, H } = size;
  const columns = gateCounts[cell] * H;
  const shapes: Record<string, number[]> = {
    x: [B, T, I],
    w: [I, columns],
    u: [H, columns],
    bias: biasShape(size, cell),
    h0: [B, H],
    ...(cell === 'lstm' && { c0: [B, H] }),
    mask: [B, T],
    drop: [B, H],
    dOut: outShape(size, attrs),
    ...more,
  };
  const missing = needed.find((name) => !inputs[name]);
  if (missing) throw new Error(`recurrent ${cell}: '${missing}' is missing`);
  for (const [name, tensor] of Object.entries(inputs)) {
    if (!tensor) continue;
    const shape = shapes[name];
    if (!shape) throw new Error(`recurrent ${cell}: has no input '${name}'`);
    const dtype = name === 'mask' ? 'bool' : more[name] && name !== 'saved' ? 'int32' : 'float32';
    if (tensor.dtype !== dtype || tensor.shape.join() !== shape.join()) {
      throw new Error(`recurrent ${cell}: expected ${name} to be ${dtype} [${shape}], got ${tensor.dtype} [${tensor.shape}]`);
    }
  }
}
