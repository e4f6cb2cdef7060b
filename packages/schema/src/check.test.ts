import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { check, parseOrThrow, pathText } from './check.ts';
import { finite, int, positiveInt } from './numbers.ts';

const layer = v.variant('type', [
  v.strictObject({ type: v.literal('dense'), units: positiveInt }),
  v.strictObject({ type: v.literal('dropout'), rate: v.pipe(finite, v.minValue(0), v.ltValue(1)) }),
]);
const schema = v.strictObject({ name: v.pipe(v.string(), v.minLength(2)), layers: v.pipe(v.array(layer), v.maxLength(2)) });
const input = v.union([v.string(), v.array(int), v.record(v.string(), v.array(finite))], 'expected a text, ids or columns');

const told = (of: v.GenericSchema, data: unknown) =>
  check(of, data, { abortEarly: false }).violations?.map(({ path, message }) => `${pathText(path)}: ${message}`.replace(/^: /, ''));

test('data that fit come back with defaults and without violations', () => {
  const withDefault = v.object({ a: v.optional(int, 3) });
  expect(check(withDefault, { b: 1 }, { abortEarly: false })).toEqual({ output: { a: 3 } });
});

describe('what is wrong is told with its place', () => {
  const cases: [string, v.GenericSchema, unknown, string[]][] = [
    ['another kind', schema, 'x', ['expected an object, got a text']],
    ['a missing key', schema, { name: 'ab' }, ['layers: missing']],
    ['an unknown key', schema, { name: 'ab', layers: [], x: 1 }, ['x: unknown key']],
    [
      'several',
      schema,
      { name: 'a', layers: [{ type: 'dense', units: 1.5 }] },
      ['name: expected at least 2 characters', 'layers[0].units: expected a whole number'],
    ],
    ['a number out of range', layer, { type: 'dropout', rate: 1 }, ['rate: expected less than 1']],
    ['zero units', layer, { type: 'dense', units: 0 }, ['units: expected at least 1']],
    [
      'too many',
      schema,
      { name: 'ab', layers: [1, 2, 3].map((units) => ({ type: 'dense', units })) },
      ['layers: expected at most 2 items'],
    ],
    ['an empty list', v.pipe(v.array(int), v.minLength(1)), [], ['expected at least 1 item']],
    ['an option that there is not', layer, { type: 'dens' }, ['type: expected "dense" or "dropout", got a text']],
    ['Infinity', finite, Number.POSITIVE_INFINITY, ['expected a finite number']],
    ['NaN', finite, Number.NaN, ['expected a number, got NaN']],
    [
      'a wrong element of the one option that is a list',
      v.union([v.string(), v.array(int)]),
      [1, 'x'],
      ['[1]: expected a number, got a text'],
    ],
    ['a wrong element deep in an option', input, { load: [1, null] }, ['load[1]: expected a number, got null']],
    ['no option at all', input, 5, ['expected a text, ids or columns']],
  ];
  test.each(cases)('%s', (_, of, data, expected) => expect(told(of, data)).toEqual(expected));

  test('options that both might have been meant give the word of the union', () => {
    const lists = v.union([v.array(int), v.array(v.array(int))], 'expected ids or rows');
    expect(told(lists, [1, 'x'])).toEqual(['expected ids or rows']);
  });
});

test('messages never hold what was sent', () => {
  const secret = fc.stringMatching(/^[A-Za-z]{12,20}$/);
  fc.assert(
    fc.property(secret, fc.constantFrom('name', 'type', 'rate'), (word, key) => {
      const data = {
        name: 'ab',
        layers: [{ type: 'dropout', rate: 0, ...(key === 'name' ? {} : { [key]: word }) }],
        ...(key === 'name' && { name: [word] }),
      };
      const { violations = [] } = check(schema, data, { abortEarly: false });
      expect(violations.length).toBeGreaterThan(0);
      for (const { message } of violations) expect(message).not.toContain(word);
    }),
  );
});

test('a million wrong values are told by the first, at once', () => {
  const items = v.array(v.union([int, v.array(int)]));
  const texts = new Array(1_000_000).fill('x');
  expect(check(items, texts, { abortEarly: true }).violations).toHaveLength(1);
  expect(() => parseOrThrow(items, texts, 'list')).toThrow(/^list: \[0\]: expected .*, got a text$/);
});

test('parseOrThrow tells the first in a line', () => {
  expect(() => parseOrThrow(schema, { name: 'a', layers: {} }, 'file x')).toThrow('file x: name: expected at least 2 characters');
});
