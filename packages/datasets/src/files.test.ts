import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadNumberFile } from './number-file.ts';
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

  test('is read by place and in order; rows that cannot be used are left out and listed', () => {
    const source = open();
    expect(source.labels).toEqual(['a', 'b']);
    expect([...source.texts()]).toEqual(['good, really', 'bad', 'worse']);
    expect([0, 1, 2].map(source.textOf)).toEqual(['good, really', 'bad', 'worse']);
    expect([0, 1, 2].map(source.labelOf)).toEqual([1, 0, 0]);
    expect(source.problems).toEqual([
      `${path}, line 4: column 'text' is empty; the row is left out`,
      `${path}, line 5: expected 3 columns, got 2; the row is left out`,
      `${path}, line 6: column 'label' is empty; the row is left out`,
    ]);
  });

  test('knows ids', () => expect([0, 1, 2].map((i) => open({ id: 'id' }).idOf?.(i))).toEqual(['1', '2', '2']));
  test('without the column', () => expect(() => open({ label: 'class' })).toThrow(/has no column 'class'; it has id, text, label$/));
  test('with one class only', () => {
    expect(() => openTextFile({ path: write('t,l\na,x\nb,x\n'), text: 't', label: 'l' })).toThrow("column 'l' holds one class only, 'x'");
  });
  test('without any row', () => {
    expect(() => openTextFile({ path: write('t,l\na\n'), text: 't', label: 'l' })).toThrow(
      /holds no row to learn from\. .*, line 2: expected 2 columns, got 1; the row is left out$/,
    );
  });
});

describe('a file of numbers', () => {
  test('with one class per row', () => {
    const { numbers, classes, labels } = loadNumberFile(write('a,b,class\n1,2,y\n3,0.1,x\n'), { columns: ['b', 'a'], label: 'class' });
    expect([[...numbers], [...classes], labels]).toEqual([
      [2, 1, 0.1, 3],
      [1, 0],
      ['x', 'y'],
    ]);
  });

  test.each([
    ['a missing word', '3,n/a,x', 'column \'b\' holds "n/a", which is not a number'],
    ['an empty cell', '3,,x', "column 'b' is empty"],
    ['Infinity', 'Infinity,2,x', 'column \'a\' holds "Infinity"; expected a number'],
    ['a number beyond float32', '3,1e39,x', "column 'b' holds 1e39, which is beyond float32 (±3.4e38)"],
    ['a word', '3,many,x', 'column \'b\' holds "many"; expected a number'],
    ['a cell too few', '3,x', 'expected 3 columns, got 2'],
    ['no label', '3,4,', "column 'class' is empty"],
  ])('leaves a row with %s out and names it', (_, row, why) => {
    const path = write(`a,b,class\n1,2,y\n${row}\n5,6,z\n`);
    const { numbers, labels, problems } = loadNumberFile(path, { columns: ['a', 'b'], label: 'class' });
    expect([[...numbers], labels]).toEqual([
      [1, 2, 5, 6],
      ['y', 'z'],
    ]);
    expect(problems).toEqual([`${path}, line 3: ${why}; the row is left out`]);
  });

  test('without a complete row', () => {
    expect(() => loadNumberFile(write('a,class\n,y\n'), { columns: ['a'], label: 'class' })).toThrow(
      /holds no row to learn from\. .*, line 2: column 'a' is empty/,
    );
  });

  test('written with decimal commas', () => {
    const { numbers } = loadNumberFile(write('a;b;class\n1.234,5;2;y\n3;4,5;x\n'), {
      columns: ['a', 'b'],
      label: 'class',
      numbers: { decimal: ',', thousands: '.' },
    });
    expect([...numbers]).toEqual([1234.5, 2, 3, 4.5]);
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
