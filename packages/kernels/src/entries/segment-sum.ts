import { segmentSum } from '../reference/segment-sum.ts';
import type { KernelEntry } from './entry.ts';

interface SegmentSumSize {
  n: number;
  D: number;
  S: number;
}

export const segmentSumEntry: KernelEntry<SegmentSumSize> = {
  name: 'segmentSum',
  sizes: [
    { n: 1, D: 1, S: 1 },
    { n: 5, D: 3, S: 2 },
    { n: 9, D: 4, S: 12 },
    { n: 40, D: 7, S: 5 },
    { n: 33, D: 64, S: 100 },
    { n: 0, D: 5, S: 3 },
  ],
  typical: { n: 3200, D: 64, S: 10_000 },
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
  bound: ({ n }) => ({ terms: n }),
  flops: ({ n, D }) => n * D,
};
