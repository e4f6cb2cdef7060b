import { Readable } from 'node:stream';
import { recordsInMemory } from '@unroll/datasets/records.ts';
import { readerOf } from '@unroll/model/readers/registry.ts';
import { type ModelSpecInput, parseModelSpec } from '@unroll/model/spec.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputLines } from './input-lines.ts';
import { questionOf, questionsOfTable } from './questions.ts';

const tokenizer = new Tokenizer();
tokenizer.fitOnTexts(['good bad']);
const task = { type: 'classify' as const, labels: ['a', 'b'] };
const readerFor = (input: ModelSpecInput['input'], own?: Tokenizer) =>
  readerOf(parseModelSpec({ input, layers: [{ type: 'gru', units: 2 }], task }), own);
const texts = readerFor({ type: 'tokens', maxLength: 5, column: 'review' }, tokenizer);
const columns = ['width', 'length'].map((name) => ({ name, mean: 0, scale: 1 }));
const numbers = readerFor({ type: 'features', features: 1, maxLength: 2, columns });
const steps = readerFor({ type: 'features', features: 2, maxLength: 9 });
const table = (...lines: string[]) => recordsInMemory('new.csv', Buffer.from(`${lines.join('\n')}\n`));

describe('lines', () => {
  const read = async (...chunks: Uint8Array[]) => (await Array.fromAsync(inputLines(Readable.from(chunks)))).flat();

  test('end with \\n or \\r\\n only, and are numbered, blank ones too', async () => {
    expect(await read(Buffer.from('\ufeffgood\r\n\n\u2028a\u0085b\rc\nlast'))).toEqual([
      { text: 'good', line: 1 },
      { text: '', line: 2 },
      { text: '\u2028a\u0085b\rc', line: 3 },
      { text: 'last', line: 4 },
    ]);
    expect(await read(Buffer.from('one\n'))).toEqual([{ text: 'one', line: 1 }]);
    expect(await read()).toEqual([]);
  });

  test('do not depend on how their bytes arrive', async () => {
    const line = fc.string({ unit: fc.constantFrom('a', '日', '👍🏽', '\r', ' ', '\u2028') });
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat(40)), async (lines, cuts) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        expect((await read(...chunks)).map(({ text }) => text)).toEqual(lines.map((text) => text.replace(/\r$/, '')));
      }),
    );
  });

  test('of another encoding are refused', async () => {
    await expect(read(Buffer.from('good\n'), Buffer.from([0x66, 0xfc, 0x72, 0x0a]))).rejects.toThrow('standard input is not UTF-8');
  });

  test('are JSON for a model of numbers, and errors describe the mistake', () => {
    expect(questionOf({ text: '{"length": 2, "width": 1}', line: 3 }, numbers)).toMatchObject({ line: 3, input: { length: 2, width: 1 } });
    expect(questionOf({ text: '[[1,2],[3,4]]' }, steps)).toMatchObject({
      input: [
        [1, 2],
        [3, 4],
      ],
    });
    const problemOf = (text: string, reader: typeof numbers) => questionOf({ text }, reader).problem;
    expect(problemOf('1,2', numbers)).toMatch(/^the line is not JSON: .* such as \{"width":0,"length":0\}; to read a table, name its file/);
    expect(problemOf('{"width": 1}', numbers)).toMatch(/^length: missing; this model reads JSON such as/);
    expect(problemOf('{"width": 1, "length": 1e39}', numbers)).toMatch(/^length: expected at most 3\.4/);
    expect(problemOf('', steps)).toMatch(/^the line is not JSON/);
    expect(problemOf('[[1]]', steps)).toMatch(/^\[0\]: expected 2 items/);
  });
});

describe('rows of a table', () => {
  test('are read by column name, and other columns are ignored', () => {
    const rows = [...questionsOfTable(table('kind,length,width', 'a,2,1', ',4,3'), numbers.table as never)];
    expect(rows).toEqual([
      { line: 2, shown: { input: { width: 1, length: 2 } }, input: { width: 1, length: 2 } },
      { line: 3, shown: { input: { width: 3, length: 4 } }, input: { width: 3, length: 4 } },
    ]);
  });

  test('keep their lines and their problems', () => {
    const rows = [...questionsOfTable(table('length,width', '2,1', '', '"2', ',3', '4,x', '5,6'), numbers.table as never)];
    expect(rows.map(({ line, problem }) => [line, problem])).toEqual([
      [2, undefined],
      [4, expect.stringMatching(/quote/)],
      [5, "column 'length' is empty"],
      [6, 'column \'width\' holds "x"; expected a number'],
      [7, undefined],
    ]);
  });

  test('of texts are read from the column that training read', () => {
    const rows = [...questionsOfTable(table('id,review', '1,"good, bad"', '2,'), texts.table as never)];
    expect(rows.map(({ input }) => input)).toEqual(['good, bad', '']);
    expect(() => [...questionsOfTable(table('id,text', '1,good'), texts.table as never)]).toThrow(
      "new.csv has no column 'review'; it has id, text",
    );
  });
});
