import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import type { ByteSource } from './bytes.ts';
import { partStarts } from './corpus.ts';
import { type PackOptions, packCorpus } from './pack-corpus.ts';
import { openTokenFile, readTokens } from './token-file.ts';
import { decodeHeader, encodeHeader, HEADER_BYTES } from './token-file-header.ts';
import { writeTokenFile } from './write-token-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-token-file-'));
afterAll(() => rmSync(directory, { recursive: true }));
let count = 0;
const newPath = () => join(directory, `${count++}.tokens`);

/** Bytes that arrive in chunks of a size. */
function inChunks(bytes: Uint8Array, size: number): ByteSource {
  const buffer = Buffer.from(bytes);
  return {
    name: 'text',
    *chunks() {
      for (let at = 0; at < buffer.length; at += size) yield buffer.subarray(at, at + size);
    },
    at: ({ offset, bytes: length }) => buffer.subarray(offset, offset + length),
  };
}

async function pack(source: ByteSource, more: Partial<PackOptions> = {}) {
  const path = join(directory, 'packed.tokens');
  const file = await open(path, 'w');
  try {
    const shares = { validation: 0.2, test: 0.1 };
    return { path, ...(await packCorpus(source, file, { name: 'x', source: 'X', tokenizer: { charLevel: true }, ...shares, ...more })) };
  } finally {
    await file.close();
  }
}

/** The ids of each part when a tokenizer reads the parts as whole texts. */
function idsOfWhole(text: string, options: TokenizerOptions, shares = { validation: 0.2, test: 0.1 }) {
  const characters = [...text];
  const { validation, test } = partStarts(characters.length, shares);
  const parts = [characters.slice(0, validation), characters.slice(validation, test), characters.slice(test)].map((part) => part.join(''));
  const tokenizer = new Tokenizer(options);
  tokenizer.fitOnTexts(parts.slice(0, 1));
  return { tokenizer, ids: tokenizer.textsToSequences(parts) };
}

function idsIn(path: string): number[][] {
  const { file } = openTokenFile(path);
  const { train, validation, test } = file.tokens;
  const parts = [
    { start: 0, length: train },
    { start: train, length: validation },
    { start: train + validation, length: test },
  ];
  return readTokens(file, parts).map((ids) => [...ids]);
}

/** Characters that lower case, composition, filters, surrogates or line ends treat in a special way. */
const unit = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(..." \n\nabcABC.,'") },
  { weight: 3, arbitrary: fc.constantFrom(...'Σσ\u0301\u0308e\u00e9\u3099か日本👍\u00a0\r\t\u1100\u1161İ-') },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
);
const text = fc.array(unit, { minLength: 40, maxLength: 200 }).map((units) => units.join('').toWellFormed());

const utf16 = (swapped: boolean) => (text: string) => {
  const bytes = Buffer.from(`\ufeff${text}`, 'utf16le');
  return swapped ? bytes.swap16() : bytes;
};
/** How to write a text, and the texts that the encoding holds. */
const encodings: Record<string, { encode: (text: string) => Uint8Array; holds: (text: string) => string; named?: string }> = {
  'utf-8': { encode: (text) => Buffer.from(text), holds: (text) => text.replace(/^\ufeff/, '') },
  'utf-8 with a mark': { encode: (text) => Buffer.from(`\ufeff${text}`), holds: (text) => text },
  'utf-16le': { encode: utf16(false), holds: (text) => text },
  'utf-16be': { encode: utf16(true), holds: (text) => text },
  'windows-1252': {
    encode: (text) => Buffer.from(text, 'latin1'),
    holds: (text) => text.replaceAll(/[^\0-\x7f\u00a0-\u00ff]/g, 'ß'),
    named: 'windows-1252',
  },
};

describe('a packed text', () => {
  const tokenizer = fc.constantFrom<TokenizerOptions>(
    { charLevel: true },
    { charLevel: true, lower: false, oovToken: '[UNK]' },
    { charLevel: true, normalizeUnicode: false },
    { oovToken: '[UNK]' },
    { oovToken: '[UNK]', numWords: 4, lower: false, filters: '' },
    { oovToken: '[UNK]', split: '\n', filters: '.,', splitContractions: true },
    { oovToken: '[UNK]', split: '-', normalizeUnicode: false },
  );

  test.each(Object.entries(encodings))('in %s has the ids that the tokenizer gives the whole text', async (_, { encode, holds, named }) => {
    await fc.assert(
      fc.asyncProperty(text.map(holds), tokenizer, fc.integer({ min: 4, max: 64 }), async (text, options, chunk) => {
        const whole = idsOfWhole(text, options);
        fc.pre(whole.ids.every(({ length }) => length >= 2));
        const { path, unknown } = await pack(inChunks(encode(text), chunk), { tokenizer: options, ...(named && { encoding: named }) });
        expect(idsIn(path)).toEqual(whole.ids);
        const opened = openTokenFile(path, { always: true });
        expect(opened.tokenizer.toJSON()).toEqual(whole.tokenizer.toJSON());
        expect(opened.unknown).toEqual(unknown);
        if (options.oovToken && !text.includes('[UNK]')) {
          expect(Object.values(unknown)).toEqual(whole.ids.map((ids) => ids.filter((id) => id === 1).length));
        }
      }),
      { numRuns: 60 },
    );
  });

  test('says how many characters are not in the encoding that was named', async () => {
    const packed = await pack(inChunks(Buffer.from('caf\xe9 au lait, caf\xe9 noir, th\xe9 vert', 'latin1'), 7), { encoding: 'utf-8' });
    expect([packed.replaced, packed.encoding]).toEqual([3, 'utf-8']);
  });

  test('too short for its parts is refused', async () => {
    await expect(pack(inChunks(Buffer.from('abcdefghij'), 4), { validation: 0.1 })).rejects.toThrow(
      "corpus 'x': its validation part has 0 tokens, expected at least 2; give a longer text or other shares",
    );
    await expect(pack(inChunks(Buffer.alloc(0), 4))).rejects.toThrow("corpus 'x': its training part has 0 tokens");
  });

  test('of words that end neither at spaces nor at line breaks is refused', async () => {
    const split = pack(inChunks(Buffer.from('a|b'), 4), { tokenizer: { split: '|', filters: '' } });
    await expect(split).rejects.toThrow(`words end at "|"; a corpus is read in pieces that end at spaces or line breaks`);
  });

  test('stops between two pieces when it is aborted', async () => {
    const abort = new AbortController();
    const onProgress = () => abort.abort(new Error('enough'));
    await expect(pack(inChunks(Buffer.from('a b'.repeat(99)), 9), { onProgress, signal: abort.signal })).rejects.toThrow('enough');
  });
});

describe('a token file', () => {
  const tokenizerOf = (words: number) => {
    const tokenizer = new Tokenizer();
    tokenizer.fitOnTexts([Array.from({ length: words }, (_, i) => `w${i}`).join(' ')]);
    return tokenizer.toJSON();
  };
  async function write(ids: readonly [number[], number[], number[]], words = 9): Promise<string> {
    const path = newPath();
    const file = await open(path, 'w');
    const pieces = (['train', 'validation', 'test'] as const).map((part, i) => ({ part, ids: ids[i] as number[], unknown: i }));
    await writeTokenFile(file, { name: 'x', source: 'X', tokenizer: tokenizerOf(words) }, pieces);
    await file.close();
    return path;
  }
  const small: [number[], number[], number[]] = [
    [1, 2, 3, 4],
    [5, 6],
    [7, 8, 9],
  ];
  const opening = (path: string) => () => openTokenFile(path);

  test('has 16 bits per id up to 65,536 ids, then 32', async () => {
    const [narrow, wide] = [
      await write(
        [
          [1, 65_535],
          [2, 3],
          [4, 5],
        ],
        65_535,
      ),
      await write(
        [
          [1, 65_536],
          [2, 3],
          [4, 5],
        ],
        65_536,
      ),
    ];
    expect([narrow, wide].map((path) => openTokenFile(path).file.width)).toEqual([16, 32]);
    expect(idsIn(narrow)).toEqual([
      [1, 65_535],
      [2, 3],
      [4, 5],
    ]);
    expect(idsIn(wide)).toEqual([
      [1, 65_536],
      [2, 3],
      [4, 5],
    ]);
  });

  test('written twice has the same digest', async () => {
    const [one, two] = [await write(small), await write(small)];
    expect(openTokenFile(one).file.digest).toBe(openTokenFile(two).file.digest);
    const other = await write([
      [1, 2, 3, 5],
      [5, 6],
      [7, 8, 9],
    ]);
    expect(openTokenFile(other).file.digest).not.toBe(openTokenFile(one).file.digest);
  });

  test('any window of it can be read', async () => {
    const path = await write(small);
    const { file, checked } = openTokenFile(path);
    expect(checked).toBe(false);
    const whole = small.flat();
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9))), (pairs) => {
        const windows = pairs.map(([a, b]) => ({ start: Math.min(a, b), length: Math.abs(a - b) }));
        expect(readTokens(file, windows).map((ids) => [...ids])).toEqual(
          windows.map(({ start, length }) => whole.slice(start, start + length)),
        );
      }),
    );
    expect(() => readTokens(file, [{ start: 8, length: 2 }])).toThrow(/cannot read token file .*: it ends at byte \d+; copy it again/);
  });

  test('that is missing, empty, cut short or of another format is named', async () => {
    expect(opening(newPath())).toThrow(/cannot read token file .*ENOENT/);
    const foreign = newPath();
    writeFileSync(foreign, '');
    expect(opening(foreign)).toThrow('it is not a token file; write one with: unroll pack');
    writeFileSync(foreign, 'id,text\n1,hello\n'.repeat(100));
    expect(opening(foreign)).toThrow('it is not a token file; write one with: unroll pack');
    const path = await write(small);
    const { size } = statSync(path);
    for (const length of [8, 100, HEADER_BYTES, size - 1]) {
      const cut = newPath();
      writeFileSync(cut, readFileSync(path).subarray(0, length));
      expect(opening(cut)).toThrow(
        /version 0 of the format|ends after 100 bytes|its header says \d+; copy it again, or pack the text again/,
      );
    }
    appendFileSync(path, 'more');
    expect(opening(path)).toThrow(`it has ${size + 4} bytes; its header says ${size}`);
  });

  test('that was not finished is not a token file', async () => {
    const path = newPath();
    const file = await open(path, 'w');
    const about = { name: 'x', source: 'X', tokenizer: tokenizerOf(9) };
    function* failing() {
      yield { part: 'train' as const, ids: [1, 2], unknown: 0 };
      throw new Error('enough');
    }
    await expect(writeTokenFile(file, about, failing())).rejects.toThrow('enough');
    await file.close();
    expect(opening(path)).toThrow('it is not a token file');
  });

  test('with any byte changed is refused, or has no changed meaning', async () => {
    const path = await write(small);
    const bytes = readFileSync(path);
    const before = openTokenFile(path);
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const changed = Buffer.from(bytes);
        changed[at] = (changed[at] as number) ^ flip;
        const copy = join(directory, 'changed.tokens');
        writeFileSync(copy, changed);
        // Bytes 168 to 191 are the time of packing, which only says whether to check the ids, and zeros.
        if (at < 168 || at >= HEADER_BYTES) expect(opening(copy)).toThrow(/cannot read token file .*changed\.tokens: it/);
        else expect(openTokenFile(copy)).toMatchObject({ unknown: before.unknown, checked: true });
      }),
      { numRuns: 300 },
    );
  });

  test('a header asks for no more memory than the file has bytes', () => {
    const digest = '0'.repeat(64);
    const header = (more: object) =>
      encodeHeader({
        width: 16,
        tokens: { train: 2, validation: 2, test: 2 },
        unknown: { train: 0, validation: 0, test: 0 },
        jsonBytes: 8,
        jsonDigest: digest,
        idsDigest: digest,
        packedAt: 0,
        ...more,
      });
    expect(decodeHeader(header({}), HEADER_BYTES + 8 + 12)).toMatchObject({ jsonBytes: 8, width: 16 });
    expect(() => decodeHeader(header({ jsonBytes: 2 ** 40 }), 1000)).toThrow('it has 1000 bytes; its header says 1099511627980');
    expect(() => decodeHeader(header({ jsonBytes: 2 ** 40 }), HEADER_BYTES + 2 ** 40 + 12)).toThrow(
      'its tokenizer takes 1099511627776 bytes',
    );
    expect(() => decodeHeader(header({ width: 8 }), 1000)).toThrow('its ids have 8 bits; expected 16 or 32');
    const many = { train: 2 ** 53 - 1, validation: 2, test: 2 };
    expect(() => decodeHeader(header({ tokens: many }), 1000)).toThrow('it has 1000 bytes; its header says');
  });

  test('that was copied is compared with its digest; a change of its ids is found', async () => {
    const path = await write(small);
    const { packedAt } = openTokenFile(path);
    const copy = newPath();
    writeFileSync(copy, readFileSync(path));
    expect(openTokenFile(copy)).toMatchObject({ checked: true, packedAt });
    utimesSync(copy, packedAt / 1000, packedAt / 1000);
    expect(openTokenFile(copy).checked).toBe(false);
    const bytes = readFileSync(path);
    bytes.writeUInt16LE(2, bytes.length - 2);
    writeFileSync(path, bytes);
    expect(opening(path)).toThrow(/its ids have SHA-256 [0-9a-f]{12}…, its header says [0-9a-f]{12}…; copy it again/);
  });

  test('that changes between two reads is named', async () => {
    const path = await write(small);
    const { file } = openTokenFile(path);
    utimesSync(path, 1, 1);
    expect(() => readTokens(file, [{ start: 0, length: 1 }])).toThrow(`cannot read token file ${path}: it was changed during the run`);
    truncateSync(path, 300);
    expect(() => readTokens(file, [{ start: 0, length: 1 }])).toThrow('it was changed during the run');
  });

  test('with an id outside its vocabulary is damaged', async () => {
    for (const id of [0, 10]) {
      const { file } = openTokenFile(
        await write([
          [1, id, 3],
          [5, 6],
          [7, 8],
        ]),
      );
      expect(() => readTokens(file, [{ start: 0, length: 3 }])).toThrow(`token 1 has id ${id}; its tokenizer has ids from 1 to 9`);
    }
  });
});
