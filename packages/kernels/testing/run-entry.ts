import { readFileSync } from 'node:fs';
import { descriptorBytes } from '../src/descriptors.ts';
import type { KernelEntry, Operand, OperandArray } from '../src/entries/entry.ts';
import { instantiateKernels, kernelUses } from '../src/instantiate.ts';
import type { Kernels } from '../src/kernels.ts';
import { kernelModes } from '../src/modes.ts';

/** All builds. */
export const builds = [...kernelModes, 'serving'] as const;
export type Build = (typeof builds)[number];

export const bytesOf = (build: Build) => readFileSync(new URL(`../dist/${build}.wasm`, import.meta.url));

const modules = new Map(builds.map((build) => [build, new WebAssembly.Module(bytesOf(build))]));
export const moduleOf = (build: Build) => modules.get(build) as WebAssembly.Module;

/** Whether a build has a kernel; serving.wasm has no training kernels. */
export const hasKernel = (build: Build, name: keyof Kernels) => build !== 'serving' || kernelUses[name] === 'serving';

/** A number that replaces one element of one operand. */
export interface Poison {
  operand: number;
  index: number;
  value: number;
}

export interface Output {
  name: string;
  actual: Float32Array;
  expected: Float32Array;
  /** The twin's result on |inputs|, a sum of magnitudes; only for kernels that sum. */
  magnitude: Float32Array;
}

/** Guard bytes around every buffer. They reveal a write outside the buffer at once. */
const CANARY = 0xa5;
const GUARD = 64;

/** The memory after a kernel ran. */
interface Run {
  operands: Operand[];
  /** The operands before. */
  inputs: OperandArray[];
  results: Float32Array[];
  /** Guards that the kernel overwrote. */
  damaged: [number, number][];
  /** Whether the memory beyond the last guard is unchanged. */
  untouched: boolean;
}

/** Runs a kernel on random operands between canaries. */
function run<S>(entry: KernelEntry<S>, build: Build, size: S, seed: number, poison?: Poison): Run {
  const memory = new WebAssembly.Memory({ initial: 1 });

  let top = 1024;
  const guards: [number, number][] = [];
  // An odd multiple of four, because callers guarantee only the alignment of floats.
  const allocate = (bytes: number) => {
    const pointer = top + GUARD + 4;
    const end = pointer + Math.ceil(bytes / 4) * 4 + GUARD;
    guards.push([top, pointer], [pointer + bytes, end]);
    top = end;
    return pointer;
  };

  const kernels = instantiateKernels(moduleOf(build), memory, allocate(descriptorBytes));
  const operands = entry.operands(size);
  const pointers = operands.map(({ length, type }) => allocate(length * views[type].BYTES_PER_ELEMENT));
  const workspace = allocate(entry.workspaceBytes(kernels, size));
  // A page beyond the last guard.
  memory.grow(Math.ceil(top / 65_536));
  new Uint8Array(memory.buffer).fill(CANARY);
  const inputs = operands.map((operand, i) => {
    const values = fill(operand, seed + i);
    if (poison?.operand === i) values[poison.index] = poison.value;
    if (operand.role === 'in') new views[operand.type](memory.buffer, pointers[i], operand.length).set(values);
    return values;
  });

  entry.call(kernels, size, [...pointers, workspace]);

  const bytes = Buffer.from(memory.buffer);
  const intact = (from: number, to: number) => bytes.subarray(from, to).equals(Buffer.alloc(to - from, CANARY));
  const results = operands.map(({ length }, i) => new Float32Array(memory.buffer, pointers[i], length));
  return { operands, inputs, results, damaged: guards.filter(([from, to]) => !intact(from, to)), untouched: intact(top, bytes.length) };
}

/** A kernel's outputs by name. */
export function runKernel<S>(entry: KernelEntry<S>, build: Build, size: S, seed: number, poison?: Poison): Record<string, Float32Array> {
  const { operands, results } = run(entry, build, size, seed, poison);
  return Object.fromEntries(operands.flatMap(({ name, role }, i) => (role === 'out' ? [[name, results[i] as Float32Array]] : [])));
}

/** Runs a kernel and its twin on the same random operands. Returns both results and the guards that the kernel overwrote. */
export function runBoth<S>(
  entry: KernelEntry<S>,
  build: Build,
  size: S,
  seed: number,
  poison?: Poison,
): Pick<Run, 'damaged' | 'untouched'> & { outputs: Output[] } {
  const { operands, inputs, results, damaged, untouched } = run(entry, build, size, seed, poison);
  const { expected, magnitudes } = referenceOf(entry, size, seed, inputs, poison);
  const outputs = operands.flatMap(({ name, role }, i) =>
    role === 'out'
      ? [
          {
            name,
            actual: results[i] as Float32Array,
            expected: expected[i] as Float32Array,
            magnitude: magnitudes[i] as Float32Array,
          },
        ]
      : [],
  );
  return { outputs, damaged, untouched };
}

interface Reference {
  expected: OperandArray[];
  /** The twin's result on |inputs|, if the kernel sums. */
  magnitudes: OperandArray[];
}

/** The twin's results, computed once for all builds because numeric differentiation takes most of the time. */
const references = new Map<string, Reference>();

function referenceOf<S>(entry: KernelEntry<S>, size: S, seed: number, inputs: readonly OperandArray[], poison?: Poison): Reference {
  const key = JSON.stringify([entry.name, entry.label, size, seed, poison && { ...poison, value: `${poison.value}` }]);
  const known = references.get(key);
  if (known) return known;
  const expected = inputs.map((array) => array.slice());
  entry.reference(size, expected);
  const magnitudes = inputs.map((array) => (array instanceof Float32Array ? array.map(Math.abs) : array.slice()));
  if ('terms' in entry.bound(size)) entry.reference(size, magnitudes);
  references.set(key, { expected, magnitudes });
  return { expected, magnitudes };
}

const views = { f32: Float32Array, ids: Int32Array, labels: Int32Array, mask: Uint8Array, int8: Int8Array, scales: Float32Array };

function fill(operand: Operand, seed: number): OperandArray {
  const at = (i: number) => Math.sin((i + 1) * 12.9898 + seed * 78.233);
  const { type, length } = operand;
  if (type === 'f32') return Float32Array.from({ length }, (_, i) => at(i) * (operand.scale ?? 1));
  if (type === 'int8') return Int8Array.from({ length }, (_, i) => Math.round(at(i) * 127));
  if (type === 'scales') return Float32Array.from({ length }, (_, i) => (operand.scale ?? 0.005) * (1 + 0.8 * at(i)));
  if (type === 'mask' && operand.rows) {
    const { rows } = operand;
    const end = (row: number) => Math.round(((at(row) + 1) / 2) * rows);
    return Uint8Array.from({ length }, (_, i) => (i % rows < end(Math.floor(i / rows)) ? 1 : 0));
  }
  if (type === 'mask') return Uint8Array.from({ length }, (_, i) => (at(i) > -0.3 ? 1 : 0));
  const { limit } = operand as Extract<Operand, { limit: number }>;
  const [from, to] = operand.type === 'labels' ? [operand.from ?? 0, limit] : [-1, limit + 1];
  return Int32Array.from({ length }, (_, i) => from + Math.floor(((at(i) + 1) / 2) * (to - from)));
}

/**
 * The largest error as a fraction of the bound. For a float32 sum of n terms the bound is the standard one, n·2⁻²⁴ times
 * the sum of their magnitudes (Higham, 2002, §3.1).
 */
export function worstExcess({ actual, expected, magnitude }: Output, bound: ReturnType<KernelEntry<unknown>['bound']>): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i])) continue; // The twin did not compute it.
    const allowed = 'absolute' in bound ? bound.absolute : (bound.terms + 2) * 2 ** -24 * (magnitude[i] ?? 0) + 1e-30;
    const error = actual[i] === expected[i] ? 0 : Math.abs((actual[i] ?? 0) - (expected[i] ?? 0));
    worst = Math.max(worst, Number.isNaN(actual[i]) ? Number.POSITIVE_INFINITY : error && error / allowed);
  }
  return worst;
}
