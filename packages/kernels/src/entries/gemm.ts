import { gemm } from '../reference/gemm.ts';
import type { KernelEntry } from './entry.ts';

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
  [3, 19, 0],
  [0, 4, 3],
  [3, 0, 4],
] as const;

export const gemmEntry: KernelEntry<GemmSize> = {
  name: 'gemm',
  sizes: gemmDimensions.flatMap(([M, N, K]) =>
    [false, true].flatMap((transposeA) =>
      [false, true].flatMap((transposeB) => [false, true].map((bias) => ({ M, N, K, transposeA, transposeB, bias }))),
    ),
  ),
  typical: { M: 256, N: 512, K: 256, transposeA: false, transposeB: false, bias: true },
  operands: ({ M, N, K }) => [
    { name: 'a', role: 'in', type: 'f32', length: M * K },
    { name: 'b', role: 'in', type: 'f32', length: K * N },
    { name: 'bias', role: 'in', type: 'f32', length: N },
    { name: 'c', role: 'out', type: 'f32', length: M * N },
  ],
  workspaceBytes: (kernels, { M, N, K, transposeA }) => kernels.gemmWorkspaceBytes(M, N, K, transposeA),
  call(kernels, { M, N, K, transposeA, transposeB, bias }, [a = 0, b = 0, biasRow = 0, c = 0, workspace = 0]) {
    kernels.gemm({ M, N, K, a, transposeA, b, transposeB, bias: bias ? biasRow : 0, c, workspace });
  },
  reference(size, [a, b, bias, c]) {
    gemm(size, a as Float32Array, b as Float32Array, size.bias ? (bias as Float32Array) : undefined, c as Float32Array);
  },
  bound: ({ K }) => ({ terms: K + 1 }),
  flops: ({ M, N, K }) => 2 * M * N * K,
};
