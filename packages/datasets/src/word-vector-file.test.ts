import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeSafetensors } from '@unroll/artifact/safetensors.ts';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { readWordVectors } from './word-vector-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'unroll-vectors-'));
afterAll(() => rmSync(folder, { recursive: true }));
const file = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
};

/** A matrix as numpy.save writes it. */
function npy(rows: readonly (readonly number[])[], { type = '<f4', fortran = false, version = 1 } = {}): Uint8Array {
  const columns = rows[0]?.length ?? 0;
  const values = fortran ? Array.from({ length: columns }, (_, c) => rows.map((row) => row[c] as number)).flat() : rows.flat();
  const text = `{'descr': '${type}', 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${rows.length}, ${columns}), }`;
  const start = version === 1 ? 10 : 12;
  const header = `${text.padEnd(Math.ceil((start + text.length + 1) / 64) * 64 - start - 1)}\n`;
  const bytes = Buffer.alloc(start + header.length + values.length * 8);
  bytes.write('\x93NUMPY', 'latin1');
  bytes[6] = version;
  if (version === 1) bytes.writeUInt16LE(header.length, 8);
  else bytes.writeUInt32LE(header.length, 8);
  bytes.write(header, start, 'latin1');
  const size = type === '<f8' ? 8 : 4;
  for (const [i, value] of values.entries()) {
    const at = start + header.length + i * size;
    if (size === 8) bytes.writeDoubleLE(value, at);
    else bytes.writeFloatLE(value, at);
  }
  return bytes.subarray(0, start + header.length + values.length * size);
}

describe('a text', () => {
  test('as GloVe writes it: words may hold spaces, the first of two rows counts', () => {
    const path = file('glove.txt', 'the 1 2.5 -3\n. . . 4 5 6\nthe 7 7 7\nde 0.1 0.2 0.3\n');
    const vectors = readWordVectors({ path }, ['the', '. . .', 'missing']);
    expect([...(vectors.of('the') ?? [])]).toEqual([1, 2.5, -3]);
    expect([...(vectors.of('. . .') ?? [])]).toEqual([4, 5, 6]);
    expect([vectors.of('missing'), vectors.of('de')]).toEqual([undefined, undefined]);
    expect(vectors).toMatchObject({ dimensions: 3, size: 2, source: 'vectors of 2 of 3 words from glove.txt' });
  });

  test('as word2vec writes it, with a header', () => {
    const path = file('word2vec.txt', '2 3\nthe 1 2 3 \nof 4 5 6 \n');
    expect([...(readWordVectors({ path }, ['of']).of('of') ?? [])]).toEqual([4, 5, 6]);
  });

  test('with a wrong row: the error names the line', () => {
    const read = (content: string) => () => readWordVectors({ path: file('wrong.txt', content) }, ['a', 'b']);
    expect(read('a 1 2 3\nb 1 2\n')).toThrow(/wrong\.txt, line 2: expected a word and 3 numbers, got 2/);
    expect(read('a 1 2\nb 1 x\n')).toThrow(/wrong\.txt, line 2: number 2 of the vector is not a finite number/);
    expect(read('word\n')).toThrow(/line 1: expected a word and its numbers, got 0/);
    expect(read('')).toThrow('it holds no word vectors');
    expect(() => readWordVectors({ path: join(folder, 'none.txt') }, [])).toThrow('cannot read');
  });
});

describe('a matrix', () => {
  const words = file('words.txt', 'a\nb\nc\n');
  const rows = [
    [1, 2],
    [3, 4.5],
    [5, 6],
  ];

  test('of NumPy gives the same rows in every order, type and version', () => {
    const number = fc.float({ noNaN: true, noDefaultInfinity: true });
    const matrix = fc
      .tuple(fc.integer({ min: 1, max: 5 }))
      .chain(([columns]) => fc.array(fc.array(number, { minLength: columns, maxLength: columns }), { minLength: 3, maxLength: 3 }));
    const options = fc.record({ type: fc.constantFrom('<f4', '<f8'), fortran: fc.boolean(), version: fc.constantFrom(1, 2) });
    fc.assert(
      fc.property(matrix, options, (given, how) => {
        const vectors = readWordVectors({ path: file('m.npy', npy(given, how)), words }, ['c', 'a']);
        expect(vectors.of('c')).toEqual(Float32Array.from(given[2] as number[]));
        expect(vectors.of('a')).toEqual(Float32Array.from(given[0] as number[]));
        expect(vectors.dimensions).toBe(given[0]?.length);
      }),
      { numRuns: 30 },
    );
  });

  test('of safetensors', () => {
    const bytes = encodeSafetensors({
      tensors: { table: { dtype: 'F32', shape: [3, 2], data: Float32Array.from(rows.flat()) } },
      metadata: {},
    });
    expect([...(readWordVectors({ path: file('m.safetensors', bytes), words }, ['b']).of('b') ?? [])]).toEqual([3, 4.5]);
  });

  test('that does not fit is refused by name', () => {
    const two = file('two.npy', npy(rows.slice(0, 2)));
    expect(() => readWordVectors({ path: two, words }, [])).toThrow(/two\.npy has 2 rows, and .*words\.txt has 3 words/);
    expect(() => readWordVectors({ path: two }, [])).toThrow('a matrix does not name its words');
    expect(() => readWordVectors({ path: words, words }, [])).toThrow("'words' does not apply");
    expect(() => readWordVectors({ path: file('i.npy', npy(rows, { type: '<i4' })), words }, [])).toThrow(
      'expected a matrix of float32 or float64',
    );
    expect(() => readWordVectors({ path: file('t.npy', 'no array here'), words }, [])).toThrow('not a .npy file');
    const cut = npy(rows).subarray(0, -4);
    expect(() => readWordVectors({ path: file('cut.npy', cut), words }, ['c'])).toThrow('cut.npy is damaged: it ends before its last row');
  });
});
