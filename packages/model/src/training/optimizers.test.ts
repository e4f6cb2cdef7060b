import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import golden from '../../goldens/optimizers.json' with { type: 'json' };
import { createOptimizer, type OptimizerSpec, optimizerSpec } from './optimizers.ts';

const optionsOf = ({ learningRate, weightDecay = 0 }: OptimizerSpec, step: number) => ({
  learningRate,
  step,
  keep: 1 - learningRate * weightDecay,
});

describe('five steps give the parameters that Keras gives', () => {
  test.each(golden.cases.map(({ spec, parameters }) => [JSON.stringify(spec), spec, parameters] as const))('%s', (_, spec, expected) => {
    const parsed = v.parse(optimizerSpec, spec);
    const optimizer = createOptimizer(parsed);
    const state = optimizer.state.map(() => new Float32Array(golden.parameters));
    const parameters = Float32Array.from({ length: golden.parameters }, (_, i) => Math.sin(i));
    for (let t = 0; t < golden.steps; t++) {
      const gradient = Float32Array.from(parameters, (_, i) => (Math.cos(0.3 * i + t) * (i + 1)) / 3);
      optimizer.update({ parameters, gradient, state }, { parameters, state }, optionsOf(parsed, t + 1));
    }
    for (const [i, value] of parameters.entries()) expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(2e-6);
  });
});

test('an option of another optimizer and a negative rate are refused', () => {
  expect(v.is(optimizerSpec, { type: 'adam', momentum: 0.9 })).toBe(false);
  expect(v.is(optimizerSpec, { type: 'sgd', learningRate: -1 })).toBe(false);
});

test.each(golden.cases.map(({ spec }) => [JSON.stringify(spec), spec] as const))(
  '%s: from one array into another, in parts, gives the same bits',
  (_, spec) => {
    const parsed = v.parse(optimizerSpec, spec);
    const { state: names, update } = createOptimizer(parsed);
    const arrays = (seed: number) => Float32Array.from({ length: 10 }, (_, i) => Math.abs(Math.sin(seed + i)));
    const before = { parameters: arrays(1), gradient: arrays(2), state: names.map((_, i) => arrays(3 + i)) };
    const whole = { parameters: before.parameters.slice(), state: before.state.map((array) => array.slice()) };
    update({ ...whole, gradient: before.gradient }, whole, optionsOf(parsed, 3));
    const apart = { parameters: new Float32Array(10), state: names.map(() => new Float32Array(10)) };
    for (const [from, to] of [
      [0, 4],
      [4, 10],
    ] as const) {
      const part = (array: Float32Array) => array.subarray(from, to);
      const input = { parameters: part(before.parameters), gradient: part(before.gradient), state: before.state.map(part) };
      update(input, { parameters: part(apart.parameters), state: apart.state.map(part) }, optionsOf(parsed, 3));
    }
    expect(apart).toEqual(whole);
  },
);
