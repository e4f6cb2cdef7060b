import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startFiniteDifferences } from '../testing/finite-differences.ts';
import { gradientCases, gradientsOf, randomParams } from '../testing/gradient-cases.ts';
import { lossOf } from '../testing/losses-of.ts';

const numeric = startFiniteDifferences();
beforeAll(() => startWasmBackend(compileWasmModules()));
afterAll(() => numeric.close());

describe('gradients of the WASM backend against central differences in float64', () => {
  test.each(gradientCases)('%s', async (_, lossCase) => {
    const params = randomParams(lossOf(lossCase).shapes);
    const { loss, differences } = await numeric.of(lossCase, params);

    const { value, gradients } = gradientsOf(lossCase, params);

    expect(Math.abs(value - loss)).toBeLessThan(1e-5 * Math.max(1, Math.abs(loss)));
    for (const [name, actual] of Object.entries(gradients)) {
      const expected = differences[name] as Float64Array;
      if (lossCase.zeroGradients?.includes(name)) {
        expect(
          [...actual, ...expected].every((number) => Math.abs(number) < 1e-6),
          name,
        ).toBe(true);
        continue;
      }
      const scale = expected.reduce((max, number) => Math.max(max, Math.abs(number)), 1e-3);
      const worst = expected.reduce((max, number, j) => Math.max(max, Math.abs(number - (actual[j] ?? Number.NaN))), 0);
      expect(worst / scale, name).toBeLessThan(2e-5);
    }
    expect(Object.keys(gradients).some((name) => (differences[name] as Float64Array).some((number) => Math.abs(number) > 1e-3))).toBe(true);
  });
});
