import fc from 'fast-check';
import { expect, test } from 'vitest';
import { dequantize, type FloatWeight, quantizeWeights } from './quantize.ts';

const matrix = (rows: number, columns: number, values: number[]): FloatWeight => ({
  dtype: 'float32',
  shape: [rows, columns],
  values: Float32Array.from(values),
});

test('kernels go by column, embeddings by row, the rest stays', () => {
  const {
    'a/kernel': kernel,
    'e/embeddings': table,
    'a/bias': bias,
  } = quantizeWeights({
    'a/kernel': matrix(2, 2, [1, 10, -0.25, -20]),
    'e/embeddings': matrix(2, 2, [1, 10, -0.25, -20]),
    'a/bias': matrix(2, 2, [1, 10, -0.25, -20]),
  });
  expect(kernel).toMatchObject({ dtype: 'int8', channel: 'column', values: Int8Array.of(127, 64, -32, -127) });
  expect(table).toMatchObject({ dtype: 'int8', channel: 'row', values: Int8Array.of(13, 127, -2, -127) });
  expect(bias?.dtype).toBe('float32');
});

test('no weight moves by more than half a step of its channel', () => {
  const value = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
  fc.assert(
    fc.property(fc.array(value, { minLength: 12, maxLength: 12 }), fc.constantFrom('l/kernel', 'l/embeddings'), (values, name) => {
      const original = matrix(3, 4, values);
      const weight = quantizeWeights({ [name]: original })[name];
      if (weight?.dtype !== 'int8') throw new Error('not quantized');
      const restored = dequantize(weight);
      for (const [i, float] of original.values.entries()) {
        const scale = weight.scales[weight.channel === 'row' ? Math.floor(i / 4) : i % 4] as number;
        expect(scale).toBeGreaterThan(0);
        expect(Math.abs((restored[i] as number) - float)).toBeLessThanOrEqual(scale * 0.5001 + 1e-45);
      }
    }),
  );
});

test('a channel of zeros stays zero', () => {
  const weight = quantizeWeights({ 'a/kernel': matrix(2, 2, [0, 1, 0, 2]) })['a/kernel'];
  expect(weight && [...dequantize(weight)]).toEqual([0, Math.fround(64 * Math.fround(2 / 127)), 0, 2]);
});

test('NaN is refused by name', () => {
  expect(() => quantizeWeights({ 'a/kernel': matrix(1, 2, [1, Number.NaN]) })).toThrow("'a/kernel' holds NaN at index 1");
});
