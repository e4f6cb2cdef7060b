import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSeriesFile } from './series-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-series-'));
let count = 0;
function write(content: string, extension = 'csv'): string {
  const path = join(directory, `${count++}.${extension}`);
  writeFileSync(path, content);
  return path;
}
const day = (i: number) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
const days = (n: number, row: (i: number) => string | undefined) =>
  Array.from({ length: n }, (_, i) => row(i)).filter((line) => line !== undefined);
const load = (rows: readonly string[], more: object = {}, header = 'date,load') => {
  const path = write(`${header}\n${rows.join('\n')}\n`);
  const { notes, ...series } = loadSeriesFile(path, { columns: ['load'], time: 'date', ...more });
  return { ...series, notes: notes?.map((note) => note.replace(path, 'FILE')) };
};

describe('a series', () => {
  test('without a time column keeps its order', () => {
    const series = loadSeriesFile(write('load\n3\n4\n'), { columns: ['load'] });
    expect([series.time, [...(series.columns.load ?? [])], series.notes]).toEqual([['1', '2'], [3, 4], []]);
  });

  test('is sorted by its times, with a note', () => {
    const { time, columns, notes } = load(['2024-01-02,2', '2024-01-03,3', '2024-01-01,1', '2024-01-04,4']);
    expect(time).toEqual([0, 1, 2, 3].map(day));
    expect([...(columns.load ?? [])]).toEqual([1, 2, 3, 4]);
    expect(notes).toEqual(["FILE: rows are sorted by 'date'; the first out of order is on line 4"]);
  });

  test('with missing steps counts them and names the first', () => {
    const { notes } = load(days(30, (i) => ([5, 6, 20].includes(i) ? undefined : `${day(i)},${i}`)));
    expect(notes).toEqual([
      'FILE: rows are 1 day apart, but 3 steps are missing in 2 places, the first after line 6 (2024-01-05); the model reads across them',
    ]);
  });

  test('of months is evenly spaced', () => {
    expect(load(days(24, (i) => `${2020 + Math.floor(i / 12)}-${String(1 + (i % 12)).padStart(2, '0')},${i}`)).notes).toEqual([]);
  });

  test('of events is not', () => {
    const { notes } = load([0, 1, 5, 17, 18, 40, 41.5].map((hours) => `${new Date(hours * 3_600_000).toISOString()},1`));
    expect(notes?.[0]).toMatch(/^FILE: rows are unevenly spaced in time, from 1 hour to 22 hours; /);
  });

  test('with a repeated time keeps its first row', () => {
    const { columns, notes } = load([...days(20, (i) => `${day(i)},${i}`), '2024-01-03,99']);
    expect([...(columns.load ?? [])]).toEqual(Array.from({ length: 20 }, (_, i) => i));
    expect(notes).toContain("FILE: 1 rows repeat a time in 'date'; the first row of each time is kept");
    expect(notes).toContain('FILE, line 22: time 2024-01-03 is repeated; the row is left out');
  });

  test('with a time or a number that cannot be read names its line', () => {
    const rows = days(20, (i) => `${i === 4 ? 'soon' : day(i)},${i === 9 ? 'n/a' : i}`);
    const { time, notes } = load(rows);
    expect(time).toHaveLength(18);
    expect(notes).toContain('FILE, line 6: column \'date\' holds "soon"; expected a time; the row is left out');
    expect(notes).toContain('FILE, line 11: column \'load\' holds "n/a", which is not a number; the row is left out');
  });

  test('is refused if most of its rows cannot be read', () => {
    expect(() => load(days(20, (i) => `${i % 3 ? 'soon' : day(i)},${i}`))).toThrow(
      /13 of 20 rows cannot be used\. .*line 3: column 'date' holds "soon"/,
    );
  });
});

describe('several series', () => {
  const rows = days(10, (i) => `${day(i)},north,${i}\n${day(i)},south,${100 + i}`);
  test('are stored one after the other, each in its own order', () => {
    const { parts, columns, time } = load([...rows].reverse(), { series: 'shop' }, 'date,shop,load');
    expect(parts).toEqual([
      { name: 'north', start: 0, end: 10 },
      { name: 'south', start: 10, end: 20 },
    ]);
    expect([columns.load?.[0], columns.load?.[9], columns.load?.[10]]).toEqual([0, 9, 100]);
    expect(time[10]).toBe('2024-01-01');
  });
  test('without the column that tells them apart are refused', () => {
    expect(() => load(rows, {}, 'date,shop,load')).toThrow(
      "10 of 20 rows repeat a time in 'date'. If the table holds several series, name the column that tells them apart as series.",
    );
  });
});
