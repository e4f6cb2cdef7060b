import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type NumberNotation, notationOf, numberProblem, readNumber } from './number-notation.ts';

describe('a number', () => {
  test.each<[string, NumberNotation, number]>([
    ['-1.5e3', { decimal: '.' }, -1500],
    ['.5', { decimal: '.' }, 0.5],
    ['−4', { decimal: '.' }, -4],
    ['1,234,567.8', { decimal: '.', thousands: ',' }, 1_234_567.8],
    ['4,8', { decimal: ',' }, 4.8],
    ['1.234,5', { decimal: ',', thousands: '.' }, 1234.5],
    ['1\u202f234,5', { decimal: ',', thousands: ' ' }, 1234.5],
    ['1 234', { decimal: ',', thousands: ' ' }, 1234],
    ['$1,000.50', { decimal: '.', thousands: ',' }, 1000.5],
    ['-12 €', { decimal: ',' }, -12],
    ['12.5%', { decimal: '.' }, 12.5],
    ['1’234.5', { decimal: '.', thousands: "'" }, 1234.5],
  ])('%s in %o', (cell, notation, value) => expect(readNumber(cell, notation)).toBe(value));

  test.each(['', 'NaN', 'Infinity', '0x1f', '1,5', '%', '$', '5 apples', '1.2.3', '-', 'one', '1_000'])('%s is not a number', (cell) =>
    expect(readNumber(cell)).toBeNaN(),
  );

  test('with groups other than thousands is not a number', () => {
    expect(readNumber('12,34', { decimal: '.', thousands: ',' })).toBeNaN();
    expect(readNumber('1234,567', { decimal: '.', thousands: ',' })).toBeNaN();
  });

  test('written by a locale is read in its notation', () => {
    const locales: [string, NumberNotation][] = [
      ['en', { decimal: '.', thousands: ',' }],
      ['de', { decimal: ',', thousands: '.' }],
      ['fr', { decimal: ',', thousands: ' ' }],
      ['de-CH', { decimal: '.', thousands: "'" }],
    ];
    fc.assert(
      fc.property(fc.constantFrom(...locales), fc.double({ min: -1e9, max: 1e9, noNaN: true }), ([locale, notation], value) => {
        const rounded = Math.round(value * 1000) / 1000;
        expect(readNumber(rounded.toLocaleString(locale, { maximumFractionDigits: 3 }), notation)).toBeCloseTo(rounded, 6);
      }),
    );
  });

  test('that float32 cannot hold, or that is missing, is an error that explains why', () => {
    expect(numberProblem('1e39')).toBe('holds 1e39, which is beyond float32 (±3.4e38)');
    expect(numberProblem('3.4e38')).toBeUndefined();
    expect(numberProblem(' ')).toBe('is empty');
    expect(numberProblem('N/A')).toBe('holds "N/A", which is not a number');
  });
});

describe('the notation of a table', () => {
  const found = (cells: string[], separator = ',') =>
    notationOf(
      cells.map((cell) => ({ a: cell })),
      ['a'],
      separator,
    );
  test('is the plain one unless another reads more columns', () => {
    expect(found(['1.5', '2', 'n/a'])).toEqual({ decimal: '.' });
    expect(found(['some', 'words'])).toEqual({ decimal: '.' });
    expect(found(['1.234'])).toEqual({ decimal: '.' });
  });
  test('is shown by one cell that only one notation can write', () => {
    expect(found(['1,5', '2'])).toEqual({ decimal: ',' });
    expect(found(['1.234,5', '1.000'])).toEqual({ decimal: ',', thousands: '.' });
    expect(found(['1,234.5', '7'])).toEqual({ decimal: '.', thousands: ',' });
  });
  test('of a lone comma before three digits depends on the separator', () => {
    expect(found(['89,764', '8,469'])).toEqual({ decimal: '.', thousands: ',' });
    expect(found(['89,764', '8,469'], ';')).toEqual({ decimal: ',' });
  });
});
