import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDate, readTimes } from './times.ts';

const utc = (...parts: [number, number, number?, number?, number?, number?, number?]) => Date.UTC(...parts);

describe('a date', () => {
  test.each<[string, number]>([
    ['2024-03-05', utc(2024, 2, 5)],
    ['2024/3/5', utc(2024, 2, 5)],
    ['2024-03', utc(2024, 2, 1)],
    ['2024-03-05T14:30', utc(2024, 2, 5, 14, 30)],
    ['2024-03-05 14:30:15.250', utc(2024, 2, 5, 14, 30, 15, 250)],
    ['2024-03-05T14:30:00Z', utc(2024, 2, 5, 14, 30)],
    ['2024-03-05T14:30:00+02:00', utc(2024, 2, 5, 12, 30)],
    ['2024-03-05 14:30-0530', utc(2024, 2, 5, 20, 0)],
    ['5.3.2024', utc(2024, 2, 5)],
    ['05.03.2024 14:30', utc(2024, 2, 5, 14, 30)],
    ['25/03/2024', utc(2024, 2, 25)],
    ['03/25/2024 2:30 PM', utc(2024, 2, 25, 14, 30)],
    ['12/25/2024 12:05 AM', utc(2024, 11, 25, 0, 5)],
    ['5 Mar 2024', utc(2024, 2, 5)],
    ['Mar 5, 2024', utc(2024, 2, 5)],
    ['5-Mar-2024', utc(2024, 2, 5)],
    ['March 2024', utc(2024, 2, 1)],
    ['Sept-2024', utc(2024, 8, 1)],
    ['Tue Mar 05 14:30:00 PST 2024', utc(2024, 2, 5, 14, 30)],
    ['Tue Mar 05 14:30:00 +0200 2024', utc(2024, 2, 5, 12, 30)],
    ['2024-Q3', utc(2024, 6, 1)],
    ['Q1 2024', utc(2024, 0, 1)],
    ['03/03/2024', utc(2024, 2, 3)],
    ['Tue, 05 March 2024 14:30:00 GMT', utc(2024, 2, 5, 14, 30)],
  ])('%s', (text, instant) => expect(readDate(text)).toBe(instant));

  test.each([
    'soon',
    '',
    '2024-02-30',
    '2024-13-01',
    '31.4.2024',
    '2024-03-05 25:00',
    '5',
    'May',
    '1.2',
    '03/04/2024',
    '1/2/3',
    'mayor 2024',
    'Q5 2024',
  ])('%s is none', (text) => expect(readDate(text)).toBeUndefined());

  test('as ISO writes it comes back', () => {
    fc.assert(
      fc.property(fc.date({ min: new Date('1800-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }), (date) => {
        expect(readDate(date.toISOString())).toBe(date.getTime());
      }),
    );
  });
});

describe('a column of times', () => {
  const instants = (cells: string[]) => [...readTimes(cells, "a.csv, column 'when'").instants];
  test('that is slashed is read in the order that some cell shows', () => {
    expect(instants(['03/04/2024', '25/04/2024'])).toEqual([utc(2024, 3, 3), utc(2024, 3, 25)]);
    expect(instants(['03/04/2024', '04/25/2024'])).toEqual([utc(2024, 2, 4), utc(2024, 3, 25)]);
  });
  test('that is slashed both ways, or that shows no order, is refused', () => {
    const refused = "a.csv, column 'when': dates such as 03/04/2024 may have the day or the month first; write them as 2024-12-31";
    expect(() => instants(['03/04/2024', '05/04/2024'])).toThrow(refused);
    expect(() => instants(['03/04/2024', '25/04/2024', '04/25/2024'])).toThrow(refused);
  });
  test('of Unix seconds, milliseconds and dates without marks', () => {
    expect(instants(['1700000000', '1700003600'])).toEqual([1_700_000_000_000, 1_700_003_600_000]);
    expect(instants(['1700000000000'])).toEqual([1_700_000_000_000]);
    expect(instants(['20240305', '20240306'])).toEqual([utc(2024, 2, 5), utc(2024, 2, 6)]);
  });
  test('of other numbers only orders rows', () => {
    expect(readTimes(['1990', '1991'], 'year')).toEqual({ instants: Float64Array.of(1990, 1991), unit: 'numbers' });
  });
  test('marks what cannot be read', () => expect(instants(['2024-01-01', 'soon'])[1]).toBeNaN());
});
