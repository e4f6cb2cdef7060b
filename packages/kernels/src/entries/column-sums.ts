import type { KernelEntry } from './entry.ts';

interface ColumnSumsSize {
  n: number;
  C: number;
}

export const columnSumsEntry: KernelEntry<ColumnSumsSize> = {
  name: 'columnSums',
  sizes: [
    { n: 1, C: 1 },
    { n: 3, C: 7 },
    { n: 16, C: 8 },
    { n: 37, C: 19 },
    { n: 0, C: 5 },
  ],
  typical: { n: 3200, C: 128 },
  operands: ({ n, C }) => [
    { name: 'x', role: 'in', type: 'f32', length: n * C },
    { name: 'out', role: 'out', type: 'f32', length: C },
  ],
  workspaceBytes: () => 0,
  call(kernels, { n, C }, [x = 0, out = 0]) {
    kernels.columnSums(n, C, x, out);
  },
  reference({ n, C }, [x, out]) {
    for (let c = 0; c < C; c++) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += x?.[i * C + c] as number;
      (out as Float32Array)[c] = sum;
    }
  },
  bound: ({ n }) => ({ terms: n }),
  flops: ({ n, C }) => n * C,
};
