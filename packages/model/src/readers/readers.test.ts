import { check } from '@unroll/schema/check.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';
import { InputError } from './input-error.ts';
import type { Reader } from './reader.ts';
import { anyInput, readerOf } from './registry.ts';

const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(['one two three four five']);

const read = (
  input: NonNullable<ModelSpecInput['input']>,
  task: NonNullable<ModelSpecInput['task']> = { type: 'classify', labels: ['a', 'b'] },
) => readerOf(parseModelSpec({ input, layers: [{ type: 'gru', units: 2 }], task }), input.type === 'tokens' ? tokenizer : undefined);
const columns = [
  { name: 'length', mean: 50, scale: 10 },
  { name: 'income', mean: 40_000, scale: 20_000 },
  { name: '0', mean: 0, scale: 0.001 },
];
const row = read({ type: 'features', features: 1, maxLength: 3, columns });
const complaint = (reader: Reader, input: unknown) => check(reader.schema, input, { abortEarly: true }).violations?.[0];

describe('the row of a table', () => {
  test('is scaled column by column, by name and in order', () => {
    const wanted = [1, -0.5, 2000];
    expect([...(row.read([60, 30_000, 2]).values as Float32Array)]).toEqual(wanted);
    expect([...(row.read({ 0: 2, income: 30_000, length: 60 }).values as Float32Array)]).toEqual(wanted);
  });

  test('by name does not depend on the order of its columns or on other columns', () => {
    const cell = fc.double({ noNaN: true, min: -1e30, max: 1e30 });
    const others = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.boolean(), fc.constant(null)));
    fc.assert(
      fc.property(cell, cell, cell, others, fc.boolean(), (length, income, zero, more, reversed) => {
        const own = { ...more, length, income, 0: zero };
        const named = reversed ? Object.fromEntries(Object.entries(own).reverse()) : own;
        expect(v.is(row.schema, named)).toBe(true);
        expect(row.read(named)).toEqual(row.read([length, income, zero]));
      }),
    );
  });

  test('names the column that is missing or does not hold a number', () => {
    expect(complaint(row, { length: 1, 0: 2 })).toMatchObject({ path: ['income'], message: 'missing' });
    expect(complaint(row, { length: 1, income: 'much', 0: 2 })).toMatchObject({
      path: ['income'],
      message: 'expected a number, got a text',
    });
    expect(complaint(row, [1, 2])?.message).toBe('expected 3 items');
    expect(complaint(row, 'a text')?.message).toBe('expected an object with length, income, 0, or their 3 numbers in this order');
  });

  test('holds no number that float32 cannot, before or after scaling', () => {
    expect(complaint(row, { length: 1e39, income: 0, 0: 0 })).toMatchObject({
      path: ['length'],
      message: expect.stringContaining('at most'),
    });
    expect(() => row.read([0, 0, 3e38])).toThrow(new InputError("column '0' is too large: scaled as in training it is beyond float32"));
  });

  test('needs one step per column', () => {
    expect(() => read({ type: 'features', features: 1, maxLength: 2, columns })).toThrow('a maxLength of at least the number of columns');
    expect(() => read({ type: 'features', features: 2, maxLength: 3, columns })).toThrow('expected features 1');
  });
});

describe('a text', () => {
  test('comes alone or in a row, under its column', () => {
    const named = read({ type: 'tokens', maxLength: 9, column: 'review' });
    expect(named.read({ stars: 5, review: 'two one' })).toEqual(named.read('two one'));
    expect(complaint(named, { text: 'two' })).toMatchObject({ path: ['review'], message: 'missing' });
    const unnamed = read({ type: 'tokens', maxLength: 9 });
    expect(unnamed.read({ text: 'two one' })).toEqual(unnamed.read('two one'));
  });
});

describe('an input that is too long for the model is marked as truncated', () => {
  const load = { name: 'load', mean: 0, scale: 1 };
  const forecast = { type: 'forecast' as const, horizon: 1, inputs: [load], targets: [load] };
  const cases: [string, Reader, (steps: number) => unknown][] = [
    ['a text', read({ type: 'tokens', maxLength: 3 }), (n) => Array.from({ length: n }, () => 'unknown two,').join(' ')],
    ['ids', readerOf(parseModelSpec({ ...ids(), input: { type: 'tokens', maxLength: 3 } }), undefined), (n) => new Array(n).fill(1)],
    [
      'a text for a model that pads and cuts it itself',
      readerOf(
        parseModelSpec({
          ...ids(),
          layers: [{ type: 'padSequences', maxlen: 3 }, ...ids().layers],
          input: { type: 'tokens', maxLength: 9 },
        }),
        tokenizer,
      ),
      (n) => 'two '.repeat(n),
    ],
    ['rows', read({ type: 'features', features: 2, maxLength: 3 }), (n) => Array.from({ length: n }, (_, i) => [i, 0])],
    ['columns', read({ type: 'features', features: 1, maxLength: 3 }, forecast), (n) => ({ load: Array.from({ length: n }, (_, i) => i) })],
  ];
  test.each(cases)('%s', (name, reader, inputOf) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), (steps) => {
        const sample = reader.read(inputOf(steps));
        expect(sample.steps).toBe(Math.min(name.endsWith('itself') ? 9 : 3, steps));
        expect(sample.truncated).toEqual(steps > 3 ? { read: 3, of: steps } : undefined);
      }),
    );
  });

  test('columns keep their last steps, and the row numbers of errors are those of the input', () => {
    const reader = read({ type: 'features', features: 1, maxLength: 3 }, forecast);
    const sample = reader.read({ load: [1, 2, 3, 4, 5] });
    expect([...sample.values]).toEqual([3, 4, 5]);
    expect(sample.targetsAt?.(2)).toEqual([5]);
    expect(() => reader.read({ load: [1, 2, 3, Number.NaN, 5] })).toThrow('holds NaN at row 4');
  });
});

test('columns of a forecast that end at different steps are refused', () => {
  const column = (name: string) => ({ name, mean: 0, scale: 1 });
  const [rain, heat, hour] = [column('rain'), column('heat'), column('hour')];
  const reader = read(
    { type: 'features', features: 5, maxLength: 9 },
    { type: 'forecast', horizon: 2, inputs: [hour, rain, heat], known: [hour], targets: [heat] },
  );
  const inputs = { rain: [1, 2], heat: [3, 4], hour: [0, 1, 2, 3] };
  expect([...reader.read(inputs).values]).toEqual([0, 1, 3, 1, 2, 1, 2, 4, 2, 3]);
  expect(() => reader.read({ ...inputs, rain: [1] })).toThrow(
    "forecast: column 'rain' has 1 values, 'heat' has 2; expected a value of each at every step",
  );
});

test('every input that a reader reads is an input of the API', () => {
  for (const input of ['one', [1, 2], [0.5], [[0.5]], { a: [1] }, { a: 1, b: 'x', c: null, d: true }])
    expect(v.is(anyInput, input)).toBe(true);
  for (const input of [5, null, { a: { b: 1 } }, [1e39], [['x']]]) expect(v.is(anyInput, input)).toBe(false);
});

function ids(): Pick<ModelSpecInput, 'layers' | 'task'> {
  return { layers: [{ type: 'embedding', inputDim: 5, outputDim: 2 }], task: { type: 'tag', labels: ['a', 'b'] } };
}
