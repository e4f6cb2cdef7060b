import { gemmEntry } from './entries/gemm.ts';
import { recurrentEntries } from './entries/recurrent.ts';
import { segmentSumEntry } from './entries/segment-sum.ts';

/** A byte offset into the memory the kernels were instantiated on. 0 is the null pointer. */
export type Pointer = number;

/** What both WASM builds export. Arrays are float32 unless said, row-major and contiguous; sizes are in elements. */
export interface Kernels {
  /** C[M,N] = op(A)·op(B) + bias. A is [M,K] ([K,M] if transposeA), B is [K,N] ([N,K] if transposeB), bias [N] or 0. */
  gemm(
    M: number,
    N: number,
    K: number,
    a: Pointer,
    transposeA: boolean,
    b: Pointer,
    transposeB: boolean,
    bias: Pointer,
    c: Pointer,
    workspace: Pointer,
  ): void;
  /** Bytes of scratch memory that `gemm` needs for N columns and K terms. */
  gemmWorkspaceBytes(N: number, K: number): number;

  /** out[S,D] = the sum of the rows of x[n,D] whose int32 id is s. Ids outside [0,S) are dropped. */
  segmentSum(n: number, D: number, S: number, x: Pointer, ids: Pointer, out: Pointer): void;

  /**
   * A long short-term memory over B sequences of T steps, gates in the order i, f, g, o. xw [B,T,4H] is x·W + b, u [H,4H],
   * h0 and c0 [B,H] or 0, mask uint8 [B,T] or 0, drop [B,H] (factors on the previous output in h·U) or 0.
   * out: y [B,T,H], then the last h and c, each [B,H]. saved is for lstmBackward.
   */
  lstmForward(
    B: number,
    T: number,
    H: number,
    xw: Pointer,
    u: Pointer,
    h0: Pointer,
    c0: Pointer,
    mask: Pointer,
    drop: Pointer,
    out: Pointer,
    saved: Pointer,
    workspace: Pointer,
  ): void;
  /** The gradients for dOut, laid out as `out`: dxw [B,T,4H], du [H,4H], dState: that of h0, then of c0, each [B,H]. */
  lstmBackward(
    B: number,
    T: number,
    H: number,
    u: Pointer,
    c0: Pointer,
    mask: Pointer,
    drop: Pointer,
    saved: Pointer,
    dOut: Pointer,
    dxw: Pointer,
    du: Pointer,
    dState: Pointer,
    workspace: Pointer,
  ): void;
  /** Floats of `saved`. */
  lstmSavedFloats(B: number, T: number, H: number): number;
  lstmForwardWorkspaceBytes(B: number, T: number, H: number): number;
  lstmBackwardWorkspaceBytes(B: number, T: number, H: number): number;

  /**
   * A gated recurrent unit with resetAfter, gates in the order z, r, h. xw [B,T,3H], u [H,3H], bias [3H] of the recurrent
   * product or 0; h0, mask and drop as in lstmForward. out: y [B,T,H], then the last h [B,H]. saved is for gruBackward.
   */
  gruForward(
    B: number,
    T: number,
    H: number,
    xw: Pointer,
    u: Pointer,
    bias: Pointer,
    h0: Pointer,
    mask: Pointer,
    drop: Pointer,
    out: Pointer,
    saved: Pointer,
    workspace: Pointer,
  ): void;
  /** The gradients for dOut, laid out as `out`: dxw [B,T,3H], du [H,3H], dBias [3H] (or 0), dh0 [B,H]. */
  gruBackward(
    B: number,
    T: number,
    H: number,
    u: Pointer,
    mask: Pointer,
    drop: Pointer,
    saved: Pointer,
    dOut: Pointer,
    dxw: Pointer,
    du: Pointer,
    dBias: Pointer,
    dh0: Pointer,
    workspace: Pointer,
  ): void;
  gruSavedFloats(B: number, T: number, H: number): number;
  gruForwardWorkspaceBytes(B: number, T: number, H: number): number;
  gruBackwardWorkspaceBytes(B: number, T: number, H: number): number;

  /** A simple recurrent network; activation 0 tanh, 1 relu, 2 sigmoid. xw [B,T,H], u [H,H], the rest as in gruForward. */
  rnnForward(
    B: number,
    T: number,
    H: number,
    activation: number,
    xw: Pointer,
    u: Pointer,
    h0: Pointer,
    mask: Pointer,
    drop: Pointer,
    out: Pointer,
    saved: Pointer,
    workspace: Pointer,
  ): void;
  /** The gradients for dOut, laid out as `out`: dxw [B,T,H], du [H,H], dh0 [B,H]. */
  rnnBackward(
    B: number,
    T: number,
    H: number,
    activation: number,
    u: Pointer,
    mask: Pointer,
    drop: Pointer,
    saved: Pointer,
    dOut: Pointer,
    dxw: Pointer,
    du: Pointer,
    dh0: Pointer,
    workspace: Pointer,
  ): void;
  rnnSavedFloats(B: number, T: number, H: number): number;
  rnnForwardWorkspaceBytes(B: number, T: number, H: number): number;
  rnnBackwardWorkspaceBytes(B: number, T: number, H: number): number;
}

/**
 * An array that a kernel reads, writes or works in. Ids are int32 in [-1, limit], one past each end of the valid range;
 * a mask is uint8 with both values in it.
 */
export type Operand =
  | { name: string; role: 'in' | 'out' | 'scratch'; type: 'f32'; length: number }
  | { name: string; role: 'in'; type: 'ids'; length: number; limit: number }
  | { name: string; role: 'in'; type: 'mask'; length: number };

export type OperandArray = Float32Array | Int32Array | Uint8Array;

/** One kernel as tests and benches see it: how to size, call and check it for a problem of size `S`. */
export interface KernelEntry<S> {
  readonly name: keyof Kernels;
  /** Sizes worth testing: one element, every tail, more than one cache block. */
  readonly sizes: readonly S[];
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

/** Calls `visit` with every kernel. A list of mixed size types cannot be typed in TypeScript; a visitor can. */
export function forEachKernel(visit: <S>(entry: KernelEntry<S>) => void): void {
  visit(gemmEntry);
  visit(segmentSumEntry);
  for (const entry of recurrentEntries) visit(entry);
}
