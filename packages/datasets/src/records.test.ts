import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openRecords, recordsInMemory } from './records.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-records-'));
let count = 0;
function write(content: string | Uint8Array, extension = 'csv'): string {
  const path = join(directory, `${count++}.${extension}`);
  writeFileSync(path, content);
  return path;
}
const all = (path: string) => [...openRecords(path).records()];

describe('records', () => {
  test('of CSV with quotes, line breaks in cells and either line ending, by their places', () => {
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

  test('of TSV, with quotes as ordinary characters', () => {
    expect(all(write('a\tb\n"x\t5" tall\n', 'tsv'))[0]?.values).toEqual({ a: '"x', b: '5" tall' });
  });

  test('of JSON lines', () => {
    const path = write('{"text":"a\\nb","label":1}\n\n{"text":"c"}\nnonsense\n[1]\n', 'ndjson');
    expect(all(path).map(({ line, values, problem }) => [line, values, problem])).toEqual([
      [1, { text: 'a\nb', label: '1' }, undefined],
      [3, { text: 'c' }, undefined],
      [4, undefined, expect.stringMatching(/not valid JSON/)],
      [5, undefined, 'expected a JSON object on each line'],
    ]);
  });

  test('of JSON lines of which some lack a column', () => {
    const path = write('{"text":"a"}\n{"text":"b","label":"x"}\n', 'jsonl');
    expect(openRecords(path).columns).toEqual(['text', 'label']);
  });

  test('with too few or too many columns are errors with their line', () => {
    const [good, short, long] = all(write('a,b\n1,2\n3\n4,5,6\n'));
    expect(good?.values).toEqual({ a: '1', b: '2' });
    expect([short?.line, short?.problem]).toEqual([3, 'expected 2 columns, got 1']);
    expect([long?.line, long?.problem]).toEqual([4, 'expected 2 columns, got 3']);
  });
});

describe('quotes', () => {
  const read = (content: string) => all(write(content)).map(({ line, values, problem }) => [line, problem ?? Object.values(values ?? {})]);
  const open = 'a quote opens here and is not closed before the next row';

  test('inside a cell are ordinary characters', () => {
    expect(read('text,label\na 12" pizza,yes\n5" by 7",no\n')).toEqual([
      [2, ['a 12" pizza', 'yes']],
      [3, ['5" by 7"', 'no']],
    ]);
  });

  test('that are never closed cost only their own line', () => {
    const quoted = 'text,label\nfirst,a\n"open,a\nplain,b\n"in, quotes",a\n"two\nlines",b\nlast,a\n';
    expect(read(quoted)).toEqual([
      [2, ['first', 'a']],
      [3, open],
      [4, ['plain', 'b']],
      [5, ['in, quotes', 'a']],
      [6, ['two\nlines', 'b']],
      [8, ['last', 'a']],
    ]);
    expect(read('text,label\nfirst,a\nx,"open\nlast,a\n')).toEqual([
      [2, ['first', 'a']],
      [3, open],
      [4, ['last', 'a']],
    ]);
  });

  test('that a later one happens to close are found by the rows between them', () => {
    const rows = Array.from({ length: 8 }, (_, i) => `row ${i},b`);
    const found = read(`text,label\n"open,a\n${rows.join('\n')}\nthe end",a\n`);
    expect(found[0]).toEqual([2, open]);
    expect(found).toHaveLength(10);
  });

  test('that are not doubled inside a quoted cell cost that row', () => {
    expect(read('text,label\n"a 12" pizza",yes\nb,no\n')).toEqual([
      [2, 'text follows a closing quote; double the quotes inside a quoted cell'],
      [3, ['b', 'no']],
    ]);
  });

  test('never closed, anywhere: every other row is read', () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' b', '"', ', c', '\n', 'é'), maxLength: 6 }).map((text) => `t${text}`);
    const row = fc.tuple(cell, fc.constantFrom('yes', 'no'));
    const rows = fc.array(row, { maxLength: 30 });
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const header = stringify([['text', 'label'], ...before], { quoted_string: true });
        const path = write(`${header}"never closed,yes\n${stringify(after, { quoted_string: true })}`);
        const records = all(path);
        expect(records.filter(({ problem }) => problem).map(({ line }) => line)).toEqual([header.split('\n').length]);
        expect(records.flatMap(({ values }) => (values ? [[values.text, values.label]] : []))).toEqual([...before, ...after]);
      }),
    );
  });
});

test('no line is lost: each line that is not blank is in one record, read or named', () => {
  const content = fc.string({ unit: fc.constantFrom('a', 'b', '"', '"', ',', ',', '\n', '\n', '\r\n', ' ', 'é'), maxLength: 120 });
  fc.assert(
    fc.property(content, (body) => {
      const text = `x,y\n${body}`;
      const file = recordsInMemory('table', Buffer.from(text), { separator: ',' });
      const lines = text.split('\n');
      let end = 1;
      for (const record of file.records()) {
        // A quote that opens on a later line of its row takes the lines before it along.
        const first = record.values || record.problem?.startsWith('expected') ? record.line : end + 1;
        for (const skipped of lines.slice(end, first - 1)) expect(skipped.trim()).toBe('');
        const bytes = Buffer.from(text)
          .subarray(record.offset, record.offset + record.bytes)
          .toString();
        end = record.problem?.startsWith('a quote') ? record.line : record.line + bytes.split('\n').length - 1;
        if (record.values) expect(file.at(record)).toEqual(record.values);
      }
      for (const skipped of lines.slice(end)) expect(skipped.trim()).toBe('');
    }),
    { numRuns: 2000 },
  );
});

test('any bytes are a table, or an error that names the file', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        for (const record of recordsInMemory('some.csv', bytes).records()) if (!record.values) expect(record.problem).toBeTypeOf('string');
      } catch (error) {
        expect((error as Error).message).toMatch(/^some\.csv/);
      }
    }),
    { numRuns: 1000 },
  );
});

describe('layouts', () => {
  const values = (content: string, extension?: string) => all(write(content, extension)).map((record) => record.values);
  const rows = [
    { a: '1', b: 'x' },
    { a: '2', b: 'y' },
  ];
  test.each([
    ['semicolons', 'a;b\n1;x\n2;y\n'],
    ['tabs', 'a\tb\n1\tx\n2\ty\n'],
    ['bars', 'a|b\n1|x\n2|y\n'],
    ['a named separator', 'sep=;\na;b\n1;x\n2;y\n'],
    ['a blank first line', '\n  \na,b\n1,x\n2,y\n'],
    ['\\r line ends', 'a,b\r1,x\r2,y\r'],
    ['blank lines between', 'a,b\n\n1,x\n\n\n2,y'],
  ])('with %s', (_, content) => expect(values(content)).toEqual(rows));

  test('a comma inside cells is no separator beside semicolons', () => {
    expect(values('text;label\n"one, two, three";x\n4,5;y\n')).toEqual([
      { text: 'one, two, three', label: 'x' },
      { text: '4,5', label: 'y' },
    ]);
  });
  test('columns without a name get one', () => expect(openRecords(write(',a\n0,1\n')).columns).toEqual(['column 1', 'a']));
  test('JSON of another layout is refused with its line', () => {
    expect(() => openRecords(write('[\n  {\n    "a": 1\n  }\n]\n', 'jsonl'))).toThrow(
      /\.jsonl, line 1: expected a JSON object on each line; .*A JSON list, or an object over several lines, is not supported: write each row as one line$/,
    );
  });
  test('a table in memory is read as a file is', () => {
    const table = recordsInMemory('standard input', Buffer.from('\ufeffa;b\n1;x\n2;y\n'));
    expect([...table.records()].map((record) => record.values)).toEqual(rows);
    expect(table.path).toBe('standard input');
  });
});

describe('encodings', () => {
  /** Bytes by character, of an encoding with one or two bytes a character. */
  function encoderOf(encoding: string) {
    const decoder = new TextDecoder(encoding);
    const bytes = new Map<string, number[]>();
    for (let first = 255; first >= 0; first--) {
      for (let second = 255; second >= 64; second--) {
        const text = decoder.decode(Uint8Array.of(first, second));
        if ([...text].length === 1 && text !== '\ufffd') bytes.set(text, [first, second]);
      }
    }
    for (let byte = 0; byte < 256; byte++) bytes.set(decoder.decode(Uint8Array.of(byte)), [byte]);
    return (text: string) => Uint8Array.from([...text].flatMap((character) => bytes.get(character) as number[]));
  }
  const sentences: Record<string, string> = {
    'windows-1252': 'chambre très agréable, déjà créée,naïve €',
    gb18030: '老板热情我们早餐很好,好评',
    big5: '老闆熱情我們早餐很好,好評',
    shift_jis: 'スタッフは親切で部屋も良い,良い',
    'euc-jp': 'スタッフは親切で部屋も良い,良い',
    'euc-kr': '직원이 친절하고 방이 좋아요,좋음',
    'windows-1251': 'Номер чистый и очень приятный,Хорошо',
    'koi8-r': 'Номер чистый и очень приятный,Хорошо',
  };
  test.each(Object.entries(sentences))('%s is found by what it spells', (encoding, row) => {
    const encode = encoderOf(encoding);
    const file = openRecords(write(encode(`text,label\n${`${row.replace('créée,', 'créée ')}\n`.repeat(20)}`)));
    expect(file.encoding).toBe(encoding);
    const [text = '', label] = row.replace('créée,', 'créée ').split(/,(?=[^,]*$)/);
    const records = [...file.records()];
    expect(records.every(({ values }) => values?.text === text && values.label === label)).toBe(true);
    expect(file.at(records[7] as (typeof records)[0])).toEqual({ text, label });
  });

  test.each<[string, Uint8Array]>([
    ['utf-8', Buffer.from('text\nnaïve €\n')],
    ['utf-8', Buffer.from('\ufefftext\nnaïve €\n')],
    ['utf-16le', Buffer.from('\ufefftext\nnaïve €\n', 'utf16le')],
    ['utf-16be', Buffer.from('\ufefftext\nnaïve €\n', 'utf16le').swap16()],
    ['utf-16le', Buffer.from('text\nnaïve €\n', 'utf16le')],
    ['utf-16be', Buffer.from('text\nnaïve €\n', 'utf16le').swap16()],
    ['windows-1252', Buffer.from('text\nna\xefve \x80\n', 'latin1')],
  ])('%s', (encoding, bytes) => {
    const file = openRecords(write(bytes));
    expect(file.encoding).toBe(encoding);
    expect(file.columns).toEqual(['text']);
    const [record] = [...file.records()];
    expect(record?.values).toEqual({ text: 'naïve €' });
    expect(file.at(record as NonNullable<typeof record>)).toEqual({ text: 'naïve €' });
  });

  test('that are unclear are an error that asks for a name, and can be named', () => {
    const greek = encoderOf('windows-1253')('text,label\nΚαλημέρα κόσμε,ναι\n');
    expect(() => openRecords(write(greek))).toThrow(/the encoding of this text is unclear\. Name it with --encoding, or convert the file/);
    const file = openRecords(write(greek), { encoding: 'windows-1253' });
    expect([...file.records()][0]?.values).toEqual({ text: 'Καλημέρα κόσμε', label: 'ναι' });
    expect(() => openRecords(write(greek), { encoding: 'grek' })).toThrow("unknown encoding 'grek'");
  });

  test('bytes that are not text are refused', () => {
    expect(() => openRecords(write(Buffer.from([0x50, 0x4b, 3, 4, 0, 0, 0, 8, 0xff])))).toThrow(
      /is not a text file; save the table as CSV in UTF-8$/,
    );
  });
});

test('files that are not tables', () => {
  expect(() => openRecords('absent.csv')).toThrow(/^cannot read absent\.csv: ENOENT/);
  expect(() => openRecords(write('', 'csv'))).toThrow(/is empty$/);
  expect(() => openRecords(write('a', 'xlsx'))).toThrow(/expected a \.csv, \.tsv, \.jsonl or \.ndjson file$/);
  expect(() => openRecords(write('a,a\n'))).toThrow(/two columns are named 'a'$/);
});
