import { cellNumbers } from '../cell-numbers.ts';
import { naiveCells } from '../reference/cells.ts';
import { quantizeRows } from '../reference/quantize-rows.ts';
import { type NaiveCell, runSequence, type SequenceSize } from '../reference/sequence.ts';
import type { KernelEntry, OperandArray } from './entry.ts';

type Bits = 14 | 7;

const at = (array: OperandArray | undefined, i: number) => array?.[i] as number;

interface MatMulSize {
  M: number;
  N: number;
  K: number;
}

const matMulSizes: MatMulSize[] = [
  { M: 0, N: 3, K: 4 },
  { M: 2, N: 3, K: 0 },
  { M: 1, N: 1, K: 1 },
  { M: 1, N: 40, K: 9 },
  { M: 2, N: 17, K: 6 },
  { M: 3, N: 8, K: 4 },
  { M: 7, N: 33, K: 35 },
  { M: 5, N: 3, K: 128 },
  // So many terms that 14 bits would overflow their sum.
  { M: 1, N: 2, K: 5000 },
];

const matMulEntry = (bits: Bits): KernelEntry<MatMulSize> => ({
  name: 'matMulInt8',
  label: `matMulInt8, ${bits}-bit activations`,
  sizes: matMulSizes,
  typical: { M: 1, N: 512, K: 256 },
  operands: ({ M, N, K }) => [
    { name: 'a', role: 'in', type: 'f32', length: M * K },
    { name: 'values', role: 'in', type: 'int8', length: K * N },
    { name: 'scales', role: 'in', type: 'scales', length: N },
    { name: 'bias', role: 'in', type: 'f32', length: N },
    { name: 'c', role: 'out', type: 'f32', length: M * N },
  ],
  workspaceBytes: (kernels, { M, N, K }) => kernels.packedInt8Bytes(K, 1, N) + kernels.matMulInt8WorkspaceBytes(M, N, K),
  call(kernels, { M, N, K }, [a = 0, values = 0, scales = 0, bias = 0, c = 0, workspace = 0]) {
    kernels.packInt8({ K, gates: 1, H: N, bits, values, scales, to: workspace });
    kernels.matMulInt8({ M, N, K, a, b: workspace, bias, c, workspace: workspace + kernels.packedInt8Bytes(K, 1, N) });
  },
  reference({ M, N, K }, [a, values, scales, bias, c]) {
    const rows = quantizeRows(a as Float32Array, K, bits);
    for (let m = 0; m < M; m++) {
      for (let n = 0; n < N; n++) {
        let sum = 0;
        for (let k = 0; k < K; k++) sum += (rows[m * K + k] as number) * at(values, k * N + n);
        (c as Float32Array)[m * N + n] = sum * at(scales, n) + at(bias, n);
      }
    }
  },
  bound: ({ K }) => ({ absolute: 1e-6 * K + 1e-6 }),
  flops: ({ M, N, K }) => 2 * M * N * K,
});

type CellName = keyof typeof cellNumbers;

const plain = { initial: false, drop: false, reverse: false, bias: true } as const;
const sequenceSizes: SequenceSize[] = [
  { ...plain, B: 0, T: 3, I: 2, H: 3, mask: 'none' },
  { ...plain, B: 2, T: 0, I: 2, H: 3, mask: 'none', initial: true },
  { ...plain, B: 1, T: 1, I: 1, H: 1, mask: 'none' },
  { ...plain, B: 1, T: 9, I: 5, H: 8, mask: 'none' },
  { ...plain, B: 3, T: 5, I: 6, H: 17, mask: 'any', initial: true },
  { ...plain, B: 5, T: 4, I: 16, H: 32, mask: 'right', reverse: true },
];

/** Weights of K rows are in ±1/√K, like an initializer's, so that the state of a relu does not explode. */
const scaleOf = (K: number) => K ** -0.5 / 127;

/** A recurrent layer on int8 weights. The twin runs in float64 on the same weights, without quantizing activations. */
function recurrentEntry(name: CellName, bits: Bits): KernelEntry<SequenceSize> {
  const cell = cellNumbers[name];
  const naive: NaiveCell = naiveCells[name];
  const states = ['h0', 'c0'].slice(0, naive.states);
  const { gates } = naive;
  return {
    name: 'recurrentForward',
    label: `${name} on int8 weights, ${bits}-bit activations`,
    sizes: sequenceSizes,
    typical: { ...plain, B: 1, T: 100, I: 64, H: 128, mask: 'none' },
    operands: ({ B, T, I, H, mask }) => [
      { name: 'x', role: 'in', type: 'f32', length: B * T * I },
      { name: 'w', role: 'in', type: 'int8', length: I * gates * H },
      { name: 'wScales', role: 'in', type: 'scales', length: gates * H, scale: scaleOf(I) },
      { name: 'u', role: 'in', type: 'int8', length: H * gates * H },
      { name: 'uScales', role: 'in', type: 'scales', length: gates * H, scale: scaleOf(H) },
      { name: 'bias', role: 'in', type: 'f32', length: gates * H },
      { name: 'mask', role: 'in', type: 'mask', length: B * T, ...(mask === 'right' && { rows: T }) },
      ...states.map((state) => ({ name: state, role: 'in' as const, type: 'f32' as const, length: B * H })),
      { name: 'y', role: 'out', type: 'f32', length: B * T * H },
    ],
    workspaceBytes(kernels, { B, T, I, H }) {
      const matrices = kernels.packedInt8Bytes(I, gates, H) + kernels.packedInt8Bytes(H, gates, H);
      return matrices + kernels.recurrentForwardWorkspaceBytes({ cell, B, T, I, H, int8: true });
    },
    call(kernels, { B, T, I, H, initial, mask, reverse }, pointers) {
      const [x = 0, w = 0, wScales = 0, u = 0, uScales = 0, bias = 0, maskAt = 0, ...rest] = pointers;
      const [h0 = 0, c0 = 0] = initial ? rest.slice(0, states.length) : [];
      const [y = 0, packedW = 0] = rest.slice(states.length);
      const packedU = packedW + kernels.packedInt8Bytes(I, gates, H);
      const workspace = packedU + kernels.packedInt8Bytes(H, gates, H);
      kernels.packInt8({ K: I, gates, H, bits, values: w, scales: wScales, to: packedW });
      kernels.packInt8({ K: H, gates, H, bits, values: u, scales: uScales, to: packedU });
      const weights = { int8: true, w: packedW, u: packedU, bias };
      kernels.recurrentForward({ cell, B, T, I, H, reverse, x, ...weights, h0, c0, mask: mask === 'none' ? 0 : maskAt, y, workspace });
    },
    reference(size, arrays) {
      const [x = [], w = [], wScales = [], u = [], uScales = [], bias = [], mask = []] = arrays;
      const columns = gates * size.H;
      const expand = (values: ArrayLike<number>, scales: ArrayLike<number>) =>
        Float64Array.from(values, (value, i) => value * (scales[i % columns] as number));
      const inputs = { x, w: expand(w, wScales), u: expand(u, uScales), bias, recurrentBias: bias, mask, drop: [] };
      const run = runSequence({ ...naive, recurrentBias: false }, size, { ...inputs, states: arrays.slice(7, 7 + states.length) });
      const y = arrays.at(-1) as Float32Array;
      y.set(run.subarray(0, y.length));
    },
    bound: () => ({ absolute: bits === 14 ? 1e-3 : 0.1 }),
    flops: ({ B, T, I, H }) => 2 * gates * B * T * (I + H) * H,
  };
}

interface GatherSize {
  n: number;
  D: number;
  S: number;
}

export const gatherInt8Entry: KernelEntry<GatherSize> = {
  name: 'gatherInt8',
  sizes: [
    { n: 0, D: 3, S: 2 },
    { n: 1, D: 1, S: 1 },
    { n: 20, D: 7, S: 5 },
    { n: 3, D: 19, S: 5 },
  ],
  typical: { n: 100, D: 64, S: 10_000 },
  operands: ({ n, D, S }) => [
    { name: 'table', role: 'in', type: 'int8', length: S * D },
    { name: 'scales', role: 'in', type: 'scales', length: S },
    { name: 'ids', role: 'in', type: 'labels', length: n, limit: S },
    { name: 'out', role: 'out', type: 'f32', length: n * D },
  ],
  workspaceBytes: () => 0,
  call(kernels, { n, D, S }, [table = 0, scales = 0, ids = 0, out = 0]) {
    kernels.gatherInt8({ n, D, S, table, scales, ids, out });
  },
  reference({ D }, [table, scales, ids, out]) {
    for (const [i, id] of (ids as Int32Array).entries()) {
      for (let d = 0; d < D; d++) (out as Float32Array)[i * D + d] = at(table, id * D + d) * at(scales, id);
    }
  },
  bound: () => ({ absolute: 0 }),
  flops: ({ n, D }) => n * D,
};

const bitsChoices: readonly Bits[] = [14, 7];

export const matMulInt8Entries = bitsChoices.map(matMulEntry);
export const recurrentInt8Entries = bitsChoices.flatMap((bits) =>
  (Object.keys(cellNumbers) as CellName[]).map((name) => recurrentEntry(name, bits)),
);
