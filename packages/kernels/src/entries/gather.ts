import type { KernelEntry } from './entry.ts';

interface GatherSize {
  n: number;
  D: number;
  S: number;
}

export const gatherEntry: KernelEntry<GatherSize> = {
  name: 'gather',
  sizes: [
    { n: 0, D: 3, S: 2 },
    { n: 1, D: 1, S: 1 },
    { n: 5, D: 3, S: 2 },
    { n: 40, D: 7, S: 5 },
    { n: 33, D: 64, S: 100 },
  ],
  typical: { n: 3200, D: 64, S: 10_000 },
  operands: ({ n, D, S }) => [
    { name: 'table', role: 'in', type: 'f32', length: S * D },
    { name: 'ids', role: 'in', type: 'labels', length: n, limit: S },
    { name: 'out', role: 'out', type: 'f32', length: n * D },
  ],
  workspaceBytes: () => 0,
  call(kernels, { n, D, S }, [table = 0, ids = 0, out = 0]) {
    const wrong = kernels.gather(n, D, S, table, ids, out);
    if (wrong !== -1) throw new Error(`gather refused id ${wrong}`);
  },
  reference({ D }, [table, ids, out]) {
    for (const [i, id] of (ids as Int32Array).entries())
      (out as Float32Array).set((table as Float32Array).subarray(id * D, (id + 1) * D), i * D);
  },
  bound: () => ({ absolute: 0 }),
  flops: ({ n, D }) => n * D,
};
