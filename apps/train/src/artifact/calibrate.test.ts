import { createRandom } from '@unroll/model/random.ts';
import { expect, test } from 'vitest';
import { calibrate } from './calibrate.ts';

const spec = { horizon: 1, targets: [{ name: 'y', mean: 0, scale: 1 }], quantiles: [0.1, 0.5, 0.9] };

test('intervals that are too narrow or too wide get their nominal coverage', () => {
  const random = createRandom('calibrate');
  const samples = 2000;
  const truth = Float32Array.from({ length: samples }, () => random.normal());
  for (const half of [0.3, 5]) {
    const outputs = Float32Array.from({ length: samples * 3 }, (_, i) => [-half, 0, half][i % 3] as number);
    const [low = 0, middle, high = 0] = calibrate(spec, outputs, truth);
    expect(middle).toBe(0);
    expect(high).toBeCloseTo(-low, 9);
    // The 80 % interval of a standard normal is ± 1.2816.
    expect(half + high).toBeCloseTo(1.2816, 1);
  }
});

test('every step ahead and target gets its own margin; a quantile without a counterpart does not change', () => {
  const two = { ...spec, horizon: 2, quantiles: [0.25, 0.5, 0.75, 0.9] };
  const outputs = new Float32Array(40 * 8);
  const truth = Float32Array.from({ length: 80 }, (_, i) => (i % 2 === 0 ? 1 : 3));
  expect(calibrate(two, outputs, truth)).toEqual([-1, 0, 1, 0, -3, 0, 3, 0]);
});
