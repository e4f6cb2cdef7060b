import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRecords } from './records.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-records-'));
let count = 0;
function write(content: string | Uint8Array, extension = 'csv'): string {
  const path = join(directory, `${count++}.${extension}`);
  writeFileSync(path, content);
  return path;
}
const all = (path: string) => [...openRecords(path).records()];

describe('records', () => {
  test('of CSV with quotes, line breaks in cells and either line ending, by where they lie', () => {
    const path = write('id,text\r\n1,"Hello, ""you"""\r\n2,"two\nlines"\r\n3,plain\n');
    const file = openRecords(path);
    expect(file.columns).toEqual(['id', 'text']);
    const records = [...file.records()];
    expect(records.map(({ line, values }) => [line, values?.text])).toEqual([
      [2, 'Hello, "you"'],
      [3, 'two\nlines'],
      [5, 'plain'],
    ]);
    for (const record of records) expect(file.at(record)).toEqual(record.values);
  });

  test('survive any cells, in any chunking', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '"', ',', '\n', ' ', '\r\n') });
    fc.assert(
      fc.property(fc.array(fc.tuple(cell, cell), { minLength: 1, maxLength: 30 }), (rows) => {
        const path = write(stringify([['a', 'b'], ...rows], { quoted: true }));
        const file = openRecords(path);
        const records = [...file.records()];
        expect(records.map(({ values }) => [values?.a, values?.b])).toEqual(rows);
        for (const record of records) expect(file.at(record)).toEqual(record.values);
      }),
    );
  });

  test('of a file larger than a chunk', () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => `${i},"${'é'.repeat(i % 90)}"`);
    const file = openRecords(write(`id,text\n${rows.join('\n')}`));
    let seen = 0;
    for (const record of file.records()) {
      expect(record.values?.id).toBe(String(seen));
      if (seen % 1000 === 0) expect(file.at(record).text).toBe('é'.repeat(seen % 90));
      seen++;
    }
    expect(seen).toBe(30_000);
  });

  test('of TSV, whose quotes are letters like any other', () => {
    expect(all(write('a\tb\n"x\t5" tall\n', 'tsv'))[0]?.values).toEqual({ a: '"x', b: '5" tall' });
  });

  test('of JSON lines', () => {
    const path = write('{"text":"a\\nb","label":1}\n\n{"text":"c"}\nnonsense\n[1]\n', 'ndjson');
    expect(all(path).map(({ line, values, problem }) => [line, values, problem])).toEqual([
      [1, { text: 'a\nb', label: '1' }, undefined],
      [3, { text: 'c' }, undefined],
      [4, undefined, expect.stringMatching(/not valid JSON/)],
      [5, undefined, 'expected a JSON object a line'],
    ]);
  });

  test('with too few or many columns say so, with their line', () => {
    const [good, short, long] = all(write('a,b\n1,2\n3\n4,5,6\n'));
    expect(good?.values).toEqual({ a: '1', b: '2' });
    expect([short?.line, short?.problem]).toEqual([3, 'expected 2 columns, got 1']);
    expect([long?.line, long?.problem]).toEqual([4, 'expected 2 columns, got 3']);
  });
});

describe('encodings', () => {
  test.each<[string, Uint8Array]>([
    ['utf-8', Buffer.from('text\nnaïve €\n')],
    ['utf-8', Buffer.from('\ufefftext\nnaïve €\n')],
    ['utf-16le', Buffer.from('\ufefftext\nnaïve €\n', 'utf16le')],
    ['windows-1252', Buffer.from('text\nna\xefve \x80\n', 'latin1')],
  ])('%s', (encoding, bytes) => {
    const file = openRecords(write(bytes));
    expect(file.encoding).toBe(encoding);
    expect(file.columns).toEqual(['text']);
    const [record] = [...file.records()];
    expect(record?.values).toEqual({ text: 'naïve €' });
    expect(file.at(record as NonNullable<typeof record>)).toEqual({ text: 'naïve €' });
  });

  test('the wrong way round is refused', () => {
    expect(() => openRecords(write(Buffer.from([0xfe, 0xff, 0, 65])))).toThrow('UTF-16 big-endian; save it as UTF-8');
  });
});

test('files that are none', () => {
  expect(() => openRecords('absent.csv')).toThrow(/^cannot read absent\.csv: ENOENT/);
  expect(() => openRecords(write('', 'csv'))).toThrow(/is empty$/);
  expect(() => openRecords(write('a', 'xlsx'))).toThrow(/expected a \.csv, \.tsv, \.jsonl or \.ndjson file$/);
  expect(() => openRecords(write('a,a\n'))).toThrow(/two columns are named 'a'$/);
});
