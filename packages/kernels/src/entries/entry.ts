import type { Kernels, Pointer } from '../kernels.ts';

/**
 * An array that a kernel reads, writes or works in. Floats are in [-scale, scale], scale being 1 if not given. Ids are int32 in [-1, limit], one past each end of the valid range, labels in [0, limit);
 * a mask is uint8 with both values in it, or rows of `rows` steps with an end each. int8 is in
 * [-127, 127], scales (float32) are around 0.005.
 */
export type Operand =
  | { name: string; role: 'in' | 'out' | 'scratch'; type: 'f32'; length: number; scale?: number }
  | { name: string; role: 'in'; type: 'ids' | 'labels'; length: number; limit: number }
  | { name: string; role: 'in'; type: 'int8' | 'scales'; length: number }
  | { name: string; role: 'in'; type: 'mask'; length: number; rows?: number };

export type OperandArray = Float32Array | Int32Array | Int8Array | Uint8Array;

/** One kernel as tests and benches see it: how to size, call and check it for a problem of size `S`. */
export interface KernelEntry<S> {
  readonly name: keyof Kernels;
  /** What tells entries of one kernel apart; its name if there is but one. */
  readonly label?: string;
  /** Sizes worth testing: one element, every tail, more than one cache block. */
  readonly sizes: readonly S[];
  /** A size as models have it: what `npm run bench -- kernels` times. (Entries on int8 weights pack them in the same call.) */
  readonly typical: S;
  operands(size: S): Operand[];
  workspaceBytes(kernels: Kernels, size: S): number;
  /** `pointers` are in the order of `operands`, then the workspace. */
  call(kernels: Kernels, size: S, pointers: readonly Pointer[]): void;
  /** The naive twin, on arrays in the order of `operands`. */
  reference(size: S, arrays: readonly OperandArray[]): void;
  /**
   * How far the kernel may be off: a sum of so many terms (the twin must be linear with positive coefficients then),
   * or an absolute error.
   */
  bound(size: S): { terms: number } | { absolute: number };
  /** Floating-point operations: the bench's unit of work. */
  flops(size: S): number;
}
