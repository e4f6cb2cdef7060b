import { recordsInMemory } from '@unroll/datasets/records.ts';
import type { ForecastSpec } from '@unroll/model/tasks/forecast.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { pastsOf } from './forecast-table.ts';

const column = (name: string) => ({ name, mean: 0, scale: 1 });
const plain: ForecastSpec = {
  type: 'forecast',
  horizon: 2,
  inputs: [column('rain'), column('heat')],
  known: [],
  targets: [column('heat')],
  relative: false,
  quantiles: [],
};
const withKnown = { ...plain, known: [column('hour')] };
const table = (...lines: string[]) => recordsInMemory('days.csv', Buffer.from(`${lines.join('\n')}\n`));
const columnsOf = (...given: Parameters<typeof pastsOf>) =>
  pastsOf(...given).map(({ columns, ...series }) => ({
    ...series,
    ...Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, [...values]])),
  }));

test('columns are found by name, in any order, beside others', () => {
  expect(columnsOf(table('day,heat,rain', 'mon,20,1', 'tue,21,0'), plain)).toEqual([{ rain: [1, 0], heat: [20, 21] }]);
  expect(() => pastsOf(table('day,heat', 'mon,20'), plain)).toThrow("days.csv has no column 'rain'; it has day, heat");
});

describe('an empty cell is named with its line', () => {
  const rows = ['1,20,0', '2,21,1', '3,22,2', ',,3', ',,4'];
  const cases = [0, 1, 2].flatMap((row) => [0, 1, 2].map((cell) => [row, cell] as const));
  test.each(cases)('row %i, cell %i of the past', (row, cell) => {
    const broken = rows.map((text, i) => (i === row ? text.split(',').with(cell, '').join(',') : text));
    const name = ['rain', 'heat', 'hour'][cell];
    expect(() => pastsOf(table('rain,heat,hour', ...broken), withKnown)).toThrow(`days.csv, line ${row + 2}: column '${name}' is empty`);
  });

  test('also in the last row, if no column is known ahead', () => {
    expect(() => pastsOf(table('rain,heat', '1,2', ',3'), plain)).toThrow("days.csv, line 3: column 'rain' is empty");
  });
});

test('columns known ahead continue after the past, and must reach far enough', () => {
  expect(columnsOf(table('rain,heat,hour', '1,20,0', ',,1', ',,2'), withKnown)).toEqual([{ rain: [1], heat: [20], hour: [0, 1, 2] }]);
  expect(() => pastsOf(table('rain,heat,hour', '1,20,0', ',,1'), withKnown)).toThrow(
    'days.csv: 1 rows follow the last one with rain, heat; expected 2, with hour, which the model needs ahead',
  );
});

describe('with the time column that training read', () => {
  const days = Array.from({ length: 8 }, (_, i) => `2024-01-0${i + 1},${i},${10 * i}`);

  test('rows in any order are sorted', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(days, { minLength: days.length }), (rows) => {
        const [past] = columnsOf(table('date,rain,heat', ...rows), plain, { time: 'date' });
        expect(past).toEqual({ rain: [0, 1, 2, 3, 4, 5, 6, 7], heat: [0, 10, 20, 30, 40, 50, 60, 70] });
      }),
    );
  });

  test('a repeated time, or a cell that is not a time, is named with its line', () => {
    const twice = table('date,rain,heat', ...days, '2024-01-03,1,1');
    expect(() => pastsOf(twice, plain, { time: 'date' })).toThrow('days.csv, line 10: its time repeats that of line 4');
    const none = table('date,rain,heat', ...days, 'someday,1,1');
    expect(() => pastsOf(none, plain, { time: 'date' })).toThrow('days.csv, line 10: column \'date\' holds "someday"; expected a time');
  });

  test('each series has its own past', () => {
    const shops = table('shop,date,rain,heat', 'north,2024-01-01,1,2', 'south,2024-01-01,3,4', 'north,2024-01-02,5,6');
    expect(columnsOf(shops, plain, { time: 'date', series: 'shop' })).toEqual([
      { series: 'north', rain: [1, 5], heat: [2, 6] },
      { series: 'south', rain: [3], heat: [4] },
    ]);
  });
});

test('numbers are read as the model was trained on', () => {
  const table = recordsInMemory('days.csv', Buffer.from('rain;heat\n1,5;1.234\n'));
  expect(columnsOf(table, plain, { numbers: { decimal: ',', thousands: '.' } })).toEqual([{ rain: [1.5], heat: [1234] }]);
  expect(() => pastsOf(table, plain)).toThrow('days.csv, line 2: column \'rain\' holds "1,5"; expected a number');
});
