import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadNumberFile, loadSeriesFile } from './number-file.ts';
import { profileFile } from './profile.ts';
import { openRecords } from './records.ts';
import { openTextFile } from './text-source.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-files-'));
let count = 0;
function write(content: string, extension = 'csv'): string {
  const path = join(directory, `${count++}.${extension}`);
  writeFileSync(path, content);
  return path;
}

describe('a file of texts', () => {
  const path = write('id,text,label\n1,"good, really",b\n2,bad,a\n3,,a\n4,lonely\n5,fine,\n2,worse,a\n');
  const open = (more: object = {}) => openTextFile({ path, text: 'text', label: 'label', ...more });

  test('is read by place, in its order, without the rows that cannot be used, which are listed', () => {
    const source = open();
    expect(source.labels).toEqual(['a', 'b']);
    expect([...source.texts()]).toEqual(['good, really', 'bad', 'worse']);
    expect([0, 1, 2].map(source.textOf)).toEqual(['good, really', 'bad', 'worse']);
    expect([0, 1, 2].map(source.labelOf)).toEqual([1, 0, 0]);
    expect(source.problems).toEqual(['line 4: no text', 'line 5: expected 3 columns, got 2', 'line 6: no label']);
  });

  test('knows ids', () => expect([0, 1, 2].map((i) => open({ id: 'id' }).idOf?.(i))).toEqual(['1', '2', '2']));
  test('without the column', () => expect(() => open({ label: 'class' })).toThrow(/has no column 'class'; it has id, text, label$/));
  test('with one class only', () => {
    expect(() => openTextFile({ path: write('t,l\na,x\nb,x\n'), text: 't', label: 'l' })).toThrow("column 'l' holds one class only, 'x'");
  });
  test('without any row', () => {
    expect(() => openTextFile({ path: write('t,l\na\n'), text: 't', label: 'l' })).toThrow(
      'holds no row that can be used: line 2: expected 2 columns, got 1',
    );
  });
});

describe('a file of numbers', () => {
  test('with a class a row', () => {
    const { numbers, classes, labels } = loadNumberFile(write('a,b,class\n1,2,y\n3,0.1,x\n'), { columns: ['b', 'a'], label: 'class' });
    expect([[...numbers], [...classes], labels]).toEqual([
      [2, 1, 0.1, 3],
      [1, 0],
      ['x', 'y'],
    ]);
  });

  test('whose rows follow each other', () => {
    const series = loadSeriesFile(write('day\tload\n1.1.\t3\n2.1.\t4\n', 'tsv'), ['load'], 'day');
    expect(series.time).toEqual(['1.1.', '2.1.']);
    expect([...(series.columns.load ?? [])]).toEqual([3, 4]);
  });

  test.each([
    ['NaN', 'a,b,class\n1,2,y\n3,NaN,x\n', 'line 3: column \'b\' holds "NaN"; expected a number'],
    ['Infinity', 'a,b,class\nInfinity,2,y\n', 'line 2: column \'a\' holds "Infinity"; expected a number'],
    ['an empty cell', 'a,b,class\n1,,y\n', 'line 2: column \'b\' holds ""; expected a number'],
    ['a ragged row', 'a,b,class\n1,2,y\n3,x\n', 'line 3: expected 3 columns, got 2'],
    ['an empty label', 'a,b,class\n1,2,\n', "line 2: column 'class' is empty"],
  ])('with %s names the row and column', (_, content, message) => {
    expect(() => loadNumberFile(write(content), { columns: ['a', 'b'], label: 'class' })).toThrow(message);
  });
});

test('a profile tells numbers, times, categories and texts apart, and finds bad rows', () => {
  const rows = Array.from(
    { length: 60 },
    (_, i) => `${i * 0.5},2024-01-${String((i % 28) + 1).padStart(2, '0')},${'xyz'[i % 3]},"some words, number ${i}",`,
  );
  const profile = profileFile(openRecords(write(`n,day,kind,text,nothing\n${rows.join('\n')}\nshort\n`)));
  expect(profile.columns.map(({ name, type }) => [name, type])).toEqual([
    ['n', 'number'],
    ['day', 'time'],
    ['kind', 'category'],
    ['text', 'text'],
    ['nothing', 'empty'],
  ]);
  expect(profile.columns[2]?.counts).toEqual(
    new Map([
      ['x', 20],
      ['y', 20],
      ['z', 20],
    ]),
  );
  expect(profile.rows).toBe(60);
  expect(profile.problems).toEqual([{ line: 62, problem: 'expected 5 columns, got 1' }]);
});
