import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { KernelEntry, Operand, OperandArray } from './entries/entry.ts';
import { forEachKernel } from './entries/registry.ts';
import { instantiateKernels } from './instantiate.ts';
import { hasRelaxedSimd, type KernelMode, kernelModes } from './modes.ts';
import { createProbe } from './probe.ts';

const bytesOf = (build: KernelMode) => readFileSync(new URL(`../dist/${build}.wasm`, import.meta.url));

const modules = new Map(kernelModes.map((mode) => [mode, new WebAssembly.Module(bytesOf(mode))]));
const moduleOf = (build: KernelMode) => modules.get(build) as WebAssembly.Module;

interface Output {
  name: string;
  actual: Float32Array;
  expected: Float32Array;
  /** What the twin gives on |inputs|: the sum of magnitudes, where it is a sum. */
  magnitude: Float32Array;
}

/** Guard bytes around every buffer: a kernel that writes outside its own shows here, not in a later crash. */
const CANARY = 0xa5;
const GUARD = 64;

/** Runs a kernel and its twin on the same random operands; returns both results and the canaries that died. */
function runBoth<S>(
  entry: KernelEntry<S>,
  build: KernelMode,
  size: S,
  seed: number,
): { outputs: Output[]; damaged: [number, number][]; untouched: boolean } {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(moduleOf(build), memory);

  let top = 1024;
  const guards: [number, number][] = [];
  // An odd multiple of four: float alignment is all that callers promise.
  const allocate = (bytes: number) => {
    const pointer = top + GUARD + 4;
    const end = pointer + Math.ceil(bytes / 4) * 4 + GUARD;
    guards.push([top, pointer], [pointer + bytes, end]);
    top = end;
    return pointer;
  };

  const operands = entry.operands(size);
  const pointers = operands.map(({ length, type }) => allocate(length * views[type].BYTES_PER_ELEMENT));
  const workspace = allocate(entry.workspaceBytes(kernels, size));
  // A page beyond the last guard.
  memory.grow(Math.ceil(top / 65_536));
  new Uint8Array(memory.buffer).fill(CANARY);
  const arrays = operands.map((operand, i) => {
    const values = fill(operand, seed + i);
    if (operand.role === 'in') new views[operand.type](memory.buffer, pointers[i], operand.length).set(values);
    return values;
  });

  entry.call(kernels, size, [...pointers, workspace]);
  const { expected, magnitudes } = referenceOf(entry, size, seed, arrays);

  const bytes = Buffer.from(memory.buffer);
  const intact = (from: number, to: number) => bytes.subarray(from, to).equals(Buffer.alloc(to - from, CANARY));
  const damaged = guards.filter(([from, to]) => !intact(from, to));
  const outputs = operands.flatMap((operand, i) =>
    operand.role === 'out'
      ? [
          {
            name: operand.name,
            actual: new Float32Array(memory.buffer, pointers[i], operand.length),
            expected: expected[i] as Float32Array,
            magnitude: magnitudes[i] as Float32Array,
          },
        ]
      : [],
  );
  return { outputs, damaged, untouched: intact(top, bytes.length) };
}

interface Reference {
  expected: OperandArray[];
  /** What the twin gives on |inputs|, if it is a sum. */
  magnitudes: OperandArray[];
}

/** The twin's results, once for all builds: differentiating numerically takes longer than everything else. */
const references = new Map<string, Reference>();

function referenceOf<S>(entry: KernelEntry<S>, size: S, seed: number, inputs: readonly OperandArray[]): Reference {
  const key = JSON.stringify([entry.name, entry.label, size, seed]);
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
  if (type === 'scales') return Float32Array.from({ length }, (_, i) => 0.005 + 0.004 * at(i));
  if (type === 'mask' && operand.rows) {
    const { rows } = operand;
    const end = (row: number) => Math.round(((at(row) + 1) / 2) * rows);
    return Uint8Array.from({ length }, (_, i) => (i % rows < end(Math.floor(i / rows)) ? 1 : 0));
  }
  if (type === 'mask') return Uint8Array.from({ length }, (_, i) => (at(i) > -0.3 ? 1 : 0));
  const labels = type === 'labels';
  const { limit } = operand as Extract<Operand, { limit: number }>;
  return Int32Array.from({ length }, (_, i) => Math.floor(((at(i) + 1) / 2) * (labels ? limit : limit + 2)) - (labels ? 0 : 1));
}

/**
 * The largest error as a share of what is allowed. For a float32 sum of n terms that is the standard bound, n·2⁻²⁴ times
 * the sum of their magnitudes (Higham, 2002, §3.1).
 */
function worstExcess({ actual, expected, magnitude }: Output, bound: ReturnType<KernelEntry<unknown>['bound']>): number {
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    if (Number.isNaN(expected[i])) continue; // The twin left it out.
    const allowed = 'absolute' in bound ? bound.absolute : (bound.terms + 2) * 2 ** -24 * (magnitude[i] ?? 0) + 1e-30;
    const error = Math.abs((actual[i] ?? 0) - (expected[i] ?? 0));
    worst = Math.max(worst, Number.isNaN(actual[i]) ? Number.POSITIVE_INFINITY : error && error / allowed);
  }
  return worst;
}

describe.each(kernelModes)('%s build', (build) => {
  test('brings no memory and no data of its own: it may live in any heap', () => {
    const module = new WebAssembly.Module(bytesOf(build));
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    expect(sectionIds(bytesOf(build))).not.toContain(11);
  });

  forEachKernel((entry) => {
    if (entry.modes && !entry.modes.includes(build)) return;
    test.each(entry.sizes.map((size) => [JSON.stringify(size), size] as const))(`${entry.label ?? entry.name} %s`, (_, size) => {
      const { outputs, damaged, untouched } = runBoth(entry, build, size, 1);
      expect(damaged).toEqual([]);
      expect(untouched).toBe(true);
      for (const output of outputs) expect(worstExcess(output, entry.bound(size)), output.name).toBeLessThanOrEqual(1);
    });
  });
});

test('gemm agrees with its twin at random sizes', () => {
  forEachKernel((entry) => {
    if (entry.name !== 'gemm') return;
    const dimension = fc.integer({ min: 1, max: 40 });
    const size = fc.record({
      M: dimension,
      N: dimension,
      K: fc.integer({ min: 1, max: 300 }),
      transposeA: fc.boolean(),
      transposeB: fc.boolean(),
      bias: fc.boolean(),
    });
    fc.assert(
      fc.property(size, fc.nat(1000), (drawn, seed) => {
        const { outputs, damaged } = runBoth(entry, 'relaxed', drawn as never, seed);
        expect(damaged).toEqual([]);
        for (const output of outputs) expect(worstExcess(output, { terms: drawn.K + 1 })).toBeLessThanOrEqual(1);
      }),
      { numRuns: 60 },
    );
  });
});

test('recurrent kernels agree with their twins at random sizes and masks, and stay within their buffers', () => {
  const dimension = fc.integer({ min: 1, max: 9 });
  const size = fc.record({
    B: dimension,
    T: dimension,
    I: dimension,
    H: fc.integer({ min: 1, max: 20 }),
    initial: fc.boolean(),
    mask: fc.constantFrom('none', 'any', 'right'),
    drop: fc.boolean(),
    reverse: fc.boolean(),
    bias: fc.boolean(),
  });
  forEachKernel((entry) => {
    if (entry.name !== 'recurrentForward' || entry.label?.includes('int8')) return;
    fc.assert(
      fc.property(size, fc.constantFrom(...kernelModes), fc.nat(1000), (drawn, mode, seed) => {
        const { outputs, damaged, untouched } = runBoth(entry, mode, drawn as never, seed);
        expect(damaged).toEqual([]);
        expect(untouched).toBe(true);
        for (const output of outputs) expect(worstExcess(output, entry.bound(drawn as never)), output.name).toBeLessThanOrEqual(1);
      }),
      { numRuns: 40 },
    );
  });
});

test('this engine runs every build', () => {
  expect(hasRelaxedSimd()).toBe(true);
  for (const mode of kernelModes) expect(WebAssembly.validate(bytesOf(mode)), mode).toBe(true);
});

test('the builds with fused multiply-add agree to the bit', () => {
  const bits = (mode: KernelMode) => createProbe(new WebAssembly.Module(bytesOf(mode))).run();
  expect(bits('revectorized')).toEqual(bits('relaxed'));
  expect(bits('simd')).not.toEqual(bits('relaxed'));
});

test('the build for serving runs forward as the relaxed one does, and refuses to train', () => {
  const kernels = (name: string) =>
    instantiateKernels(
      new WebAssembly.Module(readFileSync(new URL(`../dist/${name}.wasm`, import.meta.url))),
      new WebAssembly.Memory({ initial: 1 }),
    );
  expect(kernels('serving').gemmWorkspaceBytes(3, 4, 5, false)).toBe(kernels('relaxed').gemmWorkspaceBytes(3, 4, 5, false));
  expect(() => kernels('serving').recurrentBackwardWorkspaceBytes(3, 1, 1, 1, 1)).toThrow(
    "'recurrentBackwardWorkspaceBytes' is for training",
  );
});

test('an id or label outside its range is reported, not read', () => {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(new WebAssembly.Module(bytesOf('relaxed')), memory);
  for (const wrong of [-1, 3, 2 ** 31 - 1]) {
    new Int32Array(memory.buffer, 64, 4).set([0, 2, wrong, 1]);
    expect(kernels.gather(4, 2, 3, 128, 64, 256)).toBe(2);
    expect(kernels.softmaxCrossEntropy(4, 3, 128, 64, 256, 320, 384)).toBe(2);
  }
});

test('a foreign module is refused by name', () => {
  const empty = new WebAssembly.Module(Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]));
  expect(() => instantiateKernels(empty, new WebAssembly.Memory({ initial: 1 }))).toThrow("no export 'gemm'");
});

/** The ids of a module's sections; 11 is data. Section sizes are LEB128. */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++] ?? 0);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++] ?? 0;
      size |= (byte & 127) << shift;
      if (byte < 128) break;
    }
    at += size;
  }
  return ids;
}
