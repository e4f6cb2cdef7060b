import { describe, expect, test } from 'vitest';
import golden from '../goldens/optimizers.json' with { type: 'json' };
import { createOptimizer, optimizerSpec } from './optimizers.ts';

describe('five steps give the parameters that Keras gives', () => {
  test.each(golden.cases.map(({ spec, parameters }) => [JSON.stringify(spec), spec, parameters] as const))('%s', (_, spec, expected) => {
    const parsed = optimizerSpec.parse(spec);
    const update = createOptimizer(parsed, golden.parameters);
    const parameters = Float32Array.from({ length: golden.parameters }, (_, i) => Math.sin(i));
    for (let t = 0; t < golden.steps; t++) {
      const gradient = Float32Array.from(parameters, (_, i) => (Math.cos(0.3 * i + t) * (i + 1)) / 3);
      update(parameters, gradient, parsed.learningRate);
    }
    for (const [i, value] of parameters.entries()) expect(Math.abs(value - (expected[i] ?? 0))).toBeLessThan(2e-6);
  });
});

test('an option of another optimizer and a negative rate are refused', () => {
  expect(optimizerSpec.safeParse({ type: 'adam', momentum: 0.9 }).success).toBe(false);
  expect(optimizerSpec.safeParse({ type: 'sgd', learningRate: -1 }).success).toBe(false);
});
