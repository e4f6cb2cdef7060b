import type { Kernels, Pointer } from '../kernels.ts';

/**
 * An array that a kernel reads, writes or works in.
 *
 *   f32      in [-scale, scale]; scale is 1 by default
 *   ids      int32 in [-1, limit], one past each end of the valid range
 *   labels   int32 in [from, limit); from is 0 by default
 *   mask     uint8, a random set, or with `rows` steps a row an end for each row
 *   int8     in [-127, 127]
 *   scales   float32 around `scale`, 0.005 by default
 */
export type Operand =
  | { name: string; role: 'in' | 'out' | 'scratch'; type: 'f32'; length: number; scale?: number }
  | { name: string; role: 'in'; type: 'ids'; length: number; limit: number }
  | { name: string; role: 'in'; type: 'labels'; length: number; from?: number; limit: number }
  | { name: string; role: 'in'; type: 'int8'; length: number }
  | { name: string; role: 'in'; type: 'scales'; length: number; scale?: number }
  | { name: string; role: 'in'; type: 'mask'; length: number; rows?: number };

export type OperandArray = Float32Array | Int32Array | Int8Array | Uint8Array;

/** One kernel as tests and benches see it: how to size, call and check it for a problem of size `S`. */
export interface KernelEntry<S> {
  readonly name: keyof Kernels;
  /** Tells the entries of one kernel apart. Without it the name does. */
  readonly label?: string;
  /** Sizes to test: one element, every tail, nothing at all, more than one cache block. */
  readonly sizes: readonly S[];
  /** A size as in real models, which `npm run bench -- kernels` times. Entries on int8 weights pack them in the same call. */
  readonly typical: S;
  operands(size: S): Operand[];
  workspaceBytes(kernels: Kernels, size: S): number;
  /** `pointers` are in the order of `operands`, then the workspace. */
  call(kernels: Kernels, size: S, pointers: readonly Pointer[]): void;
  /** The naive twin, on arrays in the order of `operands`. */
  reference(size: S, arrays: readonly OperandArray[]): void;
  /**
   * The error allowed: that of a float32 sum of `terms` terms (the twin must be linear with positive coefficients), or an
   * absolute error.
   */
  bound(size: S): { terms: number } | { absolute: number };
  /** Floating-point operations: the bench's unit of work. */
  flops(size: S): number;
}
