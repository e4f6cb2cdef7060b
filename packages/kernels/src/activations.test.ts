/** Sigmoid and tanh over all of float32, as a cell of one unit without recurrence computes them: y = activation(1·x). */
import { describe, expect, test } from 'vitest';
import { builds, moduleOf } from '../testing/run-entry.ts';
import { cellNumbers } from './cell-numbers.ts';
import { instantiateKernels } from './instantiate.ts';

const ROWS = 4096;

/** A function from float32 to float32 that a build's kernels compute. */
function activationOf(build: (typeof builds)[number], cell: 'rnnTanh' | 'rnnSigmoid'): (x: Float32Array) => Float32Array {
  const memory = new WebAssembly.Memory({ initial: 64 });
  const kernels = instantiateKernels(moduleOf(build), memory, 256);
  const [one, zero, x, y, workspace] = [64, 128, 1024, 1024 + ROWS * 4, 1024 + ROWS * 8] as const;
  new Float32Array(memory.buffer, one, 1)[0] = 1;
  return (values) => {
    new Float32Array(memory.buffer, x, ROWS).set(values);
    kernels.recurrentForward({ cell: cellNumbers[cell], B: ROWS, T: 1, I: 1, H: 1, x, w: one, u: zero, y, workspace });
    return new Float32Array(memory.buffer, y, ROWS).slice(0, values.length);
  };
}

/** Float32 numbers at equal distances of their bits, both signs. */
function* everyStretch(stride: number): Generator<Float32Array> {
  const bits = new Uint32Array(ROWS);
  const finite = 0x7f800000;
  for (let at = 0; at <= finite; ) {
    let n = 0;
    for (; n < ROWS && at <= finite; at += stride) {
      bits[n++] = at;
      bits[n++] = at + 0x80000000;
    }
    yield new Float32Array(bits.slice(0, n).buffer);
  }
}

/** Every float32 number in [from, to). */
function* everyNumber(from: number, to: number): Generator<Float32Array> {
  const [first = 0, end = 0] = new Uint32Array(Float32Array.of(from, to).buffer);
  for (let at = first; at < end; at += ROWS)
    yield new Float32Array(Uint32Array.from({ length: Math.min(ROWS, end - at) }, (_, i) => at + i).buffer);
}

const word = new DataView(new ArrayBuffer(4));

/** From the float32 nearest to |value| to the next one. */
function unitInLastPlace(value: number): number {
  word.setFloat32(0, Math.abs(value));
  word.setUint32(0, word.getUint32(0) + 1);
  return word.getFloat32(0) - Math.abs(Math.fround(value));
}

const activations = { rnnSigmoid: (x: number) => 1 / (1 + Math.exp(-x)), rnnTanh: Math.tanh };

describe.each(builds)('%s build', (build) => {
  test.each([
    { cell: 'rnnSigmoid', where: 'all of float32', points: () => everyStretch(9973) },
    { cell: 'rnnTanh', where: 'all of float32', points: () => everyStretch(9973) },
    { cell: 'rnnTanh', where: 'every number near its worst', points: () => everyNumber(0.515, 0.525) },
  ] as const)('$cell is within 2 units in the last place, for $where', ({ cell, points: stretches }) => {
    const activation = activationOf(build, cell);
    let worst = { units: 0, x: 0 };
    for (const points of stretches()) {
      const actual = activation(points);
      for (const [i, x] of points.entries()) {
        const expected = activations[cell](x);
        const units = Math.abs((actual[i] as number) - expected) / unitInLastPlace(expected);
        if (!(units <= worst.units)) worst = { units, x };
      }
    }
    expect(worst.units, `at ${worst.x}`).toBeLessThanOrEqual(2);
  });

  test('both saturate where float32 does, and NaN stays NaN', () => {
    const [sigmoid, tanh] = (['rnnSigmoid', 'rnnTanh'] as const).map((cell) => activationOf(build, cell));
    const at = (activation: typeof sigmoid, ...points: number[]) => Array.from(activation?.(Float32Array.from(points)) ?? []);
    expect(at(sigmoid, 17.4, 40, 1e30, Number.POSITIVE_INFINITY, 0)).toEqual([1, 1, 1, 1, 0.5]);
    expect(at(sigmoid, -104, -1e30, Number.NEGATIVE_INFINITY)).toEqual([0, 0, 0]);
    const [at17 = 0, at103 = 0] = at(sigmoid, -17, -103);
    expect(at17 / Math.exp(-17)).toBeCloseTo(1, 6);
    expect(at103).toBeGreaterThan(0);
    expect(at(tanh, 9.02, 40, 1e30, Number.POSITIVE_INFINITY, 0)).toEqual([1, 1, 1, 1, 0]);
    expect(at(tanh, -9.02, -40, -1e30, Number.NEGATIVE_INFINITY)).toEqual([-1, -1, -1, -1]);
    for (const activation of [sigmoid, tanh]) expect(at(activation, Number.NaN, 1).map(Number.isNaN)).toEqual([true, false]);
  });
});
