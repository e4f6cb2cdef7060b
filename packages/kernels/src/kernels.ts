import { gemm } from './reference/gemm.ts';
import { segmentSum } from './reference/segment-sum.ts';

/** A byte offset into the memory the kernels were instantiated on. 0 is the null pointer. */
export type Pointer = number;

/** What both WASM builds export. Arrays are row-major and contiguous; sizes are in elements. */
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
}

/** An array that a kernel reads or writes. Ids are int32 in [-1, limit], one past each end of the valid range. */
export type Operand =
  | { name: string; role: 'in' | 'out'; type: 'f32'; length: number }
  | { name: string; role: 'in'; type: 'ids'; length: number; limit: number };

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
  reference(size: S, arrays: readonly (Float32Array | Int32Array)[]): void;
  /** Products or addends that sum up in one output element, at most: sets the rounding error that is allowed. */
  terms(size: S): number;
  /** Floating-point operations: the bench's unit of work. */
  flops(size: S): number;
}

interface GemmSize {
  M: number;
  N: number;
  K: number;
  transposeA: boolean;
  transposeB: boolean;
  bias: boolean;
}

const gemmDimensions = [
  [1, 1, 1],
  [1, 8, 3],
  [2, 7, 5],
  [5, 9, 4],
  [6, 8, 8],
  [7, 23, 17],
  [13, 40, 31],
  [97, 24, 33],
  [20, 13, 257],
  [100, 65, 300],
  [3, 16, 600],
] as const;

const gemmEntry: KernelEntry<GemmSize> = {
  name: 'gemm',
  sizes: gemmDimensions.flatMap(([M, N, K]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB) => [false, true].map((bias) => ({ M, N, K, transposeA, transposeB, bias }))),
    ),
  ),
  operands: ({ M, N, K }) => [
    { name: 'a', role: 'in', type: 'f32', length: M * K },
    { name: 'b', role: 'in', type: 'f32', length: K * N },
    { name: 'bias', role: 'in', type: 'f32', length: N },
    { name: 'c', role: 'out', type: 'f32', length: M * N },
  ],
  workspaceBytes: (kernels, { N, K }) => kernels.gemmWorkspaceBytes(N, K),
  call(kernels, { M, N, K, transposeA, transposeB, bias }, [a = 0, b = 0, biasRow = 0, c = 0, workspace = 0]) {
    kernels.gemm(M, N, K, a, transposeA, b, transposeB, bias ? biasRow : 0, c, workspace);
  },
  reference(size, [a, b, bias, c]) {
    gemm(size, a as Float32Array, b as Float32Array, size.bias ? (bias as Float32Array) : undefined, c as Float32Array);
  },
  terms: ({ K }) => K + 1,
  flops: ({ M, N, K }) => 2 * M * N * K,
};

interface SegmentSumSize {
  n: number;
  D: number;
  S: number;
}

const segmentSumEntry: KernelEntry<SegmentSumSize> = {
  name: 'segmentSum',
  sizes: [
    { n: 1, D: 1, S: 1 },
    { n: 5, D: 3, S: 2 },
    { n: 9, D: 4, S: 12 },
    { n: 40, D: 7, S: 5 },
    { n: 33, D: 64, S: 100 },
    { n: 0, D: 5, S: 3 },
  ],
  operands: ({ n, D, S }) => [
    { name: 'x', role: 'in', type: 'f32', length: n * D },
    { name: 'ids', role: 'in', type: 'ids', length: n, limit: S },
    { name: 'out', role: 'out', type: 'f32', length: S * D },
  ],
  workspaceBytes: () => 0,
  call(kernels, { n, D, S }, [x = 0, ids = 0, out = 0]) {
    kernels.segmentSum(n, D, S, x, ids, out);
  },
  reference(size, [x, ids, out]) {
    segmentSum(size, x as Float32Array, ids as Int32Array, out as Float32Array);
  },
  terms: ({ n }) => n,
  flops: ({ n, D }) => n * D,
};

/** Calls `visit` with every kernel. A list of mixed size types cannot be typed in TypeScript; a visitor can. */
export function forEachKernel(visit: <S>(entry: KernelEntry<S>) => void): void {
  visit(gemmEntry);
  visit(segmentSumEntry);
}
