import { layoutOf } from '@unroll/model/layout.ts';
import { createOptimizer } from '@unroll/model/optimizers.ts';
import type { WeightSpec } from '@unroll/model/weight.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BLOCK, type Buffers, cutIntoSegments, sumSegment, updateSegment, wholeWeights } from './reduce.ts';

const length = 3 * BLOCK + 77;
const trainableLength = 3 * BLOCK + 60;
const changingLength = trainableLength + 7;
/** A kernel over the edges of all blocks, between two biases; averages; frozen weights. */
const weight = (shape: number[], rules: Partial<WeightSpec> = {}): WeightSpec => ({
  name: `weight ${shape}`,
  shape,
  initializer: () => new Float32Array(),
  trainable: true,
  ...rules,
});
const layout = layoutOf([
  weight([50]),
  weight([BLOCK, 3], { constraint: { type: 'maxNorm', maxValue: 2, axis: 0 } }),
  weight([10]),
  weight([7], { trainable: false }),
  weight([10], { trainable: false, frozen: true }),
]);
const whole = wholeWeights(layout);
const numbers = (seed: number) => Float32Array.from({ length }, (_, i) => Math.sin(seed * 1000 + i));
const slots = [1, 2, 3].map(numbers);
const earlier = numbers(4);

test('segments cover a vector, cut between blocks', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 200_000 }), fc.integer({ min: 1, max: 9 }), (floats, parts) => {
      const segments = cutIntoSegments(floats, parts);
      expect(segments[0]?.from).toBe(0);
      expect(segments.at(-1)?.to).toBe(floats);
      for (const [i, { from, to }] of segments.entries()) {
        expect(to).toBeGreaterThan(from);
        if (i > 0) expect(from).toBe(segments[i - 1]?.to);
        expect(from % BLOCK).toBe(0);
      }
    }),
  );
});

function sum(parts: number, before?: Float32Array) {
  const total = new Float32Array(length).fill(9);
  const squares = new Float64Array(Math.ceil(length / BLOCK)).fill(9);
  for (const segment of cutIntoSegments(length, parts)) sumSegment({ slots, before, trainableLength }, { total, squares }, segment);
  return { total, squares };
}

describe('a sum', () => {
  test('adds the slots in order to the earlier sum, for every cut', () => {
    const { total, squares } = sum(1, earlier);
    const wanted = Float32Array.from({ length }, (_, i) => {
      const [a, b, c] = slots.map((slot) => slot[i] as number) as [number, number, number];
      return Math.fround(Math.fround(Math.fround((earlier[i] as number) + a) + b) + c);
    });
    expect(total).toEqual(wanted);
    expect(sum(3, earlier)).toEqual({ total, squares });
  });

  test('gives the norm of the trainable part', () => {
    const { total, squares } = sum(2);
    const wanted = total.subarray(0, trainableLength).reduce((all, value) => all + value ** 2, 0);
    expect(squares.reduce((all, value) => all + value, 0)).toBeCloseTo(wanted, 6);
  });
});

describe('an update', () => {
  const optimizer = createOptimizer({ type: 'sgd', learningRate: 1, momentum: 0.9, nesterov: false });
  const vectors = (fill: (seed: number) => Float32Array): Buffers => ({
    parameters: fill(1),
    state: [fill(2).slice(0, trainableLength)],
    ema: fill(3),
  });
  const input = vectors(numbers);
  const decay = [
    { from: 0, to: 9, weightDecay: 0 },
    { from: 9, to: trainableLength, weightDecay: 0.2 },
  ];
  const options = { optimizer, decay, learningRate: 0.5, step: 1000, scale: 0.25, clipValue: 0.1, emaDecay: 0.9, layout };

  function update(parts: number) {
    const output = vectors(() => new Float32Array(length));
    for (const segment of cutIntoSegments(length, parts, whole)) updateSegment(numbers(5), input, output, options, segment);
    return output;
  }

  test('clips, steps, copies averages and frozen weights, moves the average, and does not change its inputs', () => {
    const { parameters, state, ema } = update(1);
    const at = (array: Float32Array | undefined, i: number) => array?.[i] as number;
    for (const i of [0, 7, 9, trainableLength - 1]) {
      const gradient = Math.max(-0.1, Math.min(0.1, at(numbers(5), i) * 0.25));
      const velocity = 0.9 * at(input.state[0], i) - 0.5 * gradient;
      expect(at(state[0], i)).toBeCloseTo(velocity, 6);
      expect(at(parameters, i)).toBeCloseTo(at(input.parameters, i) * (i < 9 ? 1 : 0.9) + velocity, 6);
      expect(at(ema, i)).toBeCloseTo(0.9 * at(input.ema, i) + 0.1 * at(parameters, i), 6);
    }
    expect(parameters.subarray(trainableLength, changingLength)).toEqual(numbers(5).subarray(trainableLength, changingLength));
    expect(parameters.subarray(changingLength)).toEqual(input.parameters.subarray(changingLength));
    expect(ema?.subarray(changingLength)).toEqual(input.parameters.subarray(changingLength));
    expect(input).toEqual(vectors(numbers));
  });

  test('gives the same bits for every cut, which spares constrained weights', () => {
    expect(update(4)).toEqual(update(1));
    expect(cutIntoSegments(length, 4, whole)).toEqual([
      { from: 0, to: 50 + 3 * BLOCK },
      { from: 50 + 3 * BLOCK, to: length },
    ]);
    const { parameters } = update(3);
    for (const column of [0, 1, 2]) {
      const squares = Array.from({ length: BLOCK }, (_, row) => (parameters[50 + row * 3 + column] as number) ** 2);
      expect(Math.sqrt(squares.reduce((sum, value) => sum + value, 0))).toBeCloseTo(2, 4);
    }
  });

  test('a young average follows faster', () => {
    const output = vectors(() => new Float32Array(length));
    updateSegment(numbers(5), input, output, { ...options, step: 1 }, { from: 0, to: length });
    const decay = 2 / 11;
    expect(output.ema?.[5]).toBeCloseTo(decay * (input.ema?.[5] as number) + (1 - decay) * (output.parameters[5] as number), 6);
  });
});
