import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openTokenFile } from '@unroll/datasets/token-file.ts';
import { afterAll, beforeEach, expect, test, vi } from 'vitest';
import { initCommand } from './init.ts';
import { checkCommand, packCommand } from './pack.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-pack-'));
afterAll(() => rmSync(directory, { recursive: true }));
let said: string[] = [];
beforeEach(() => {
  said = [];
  vi.spyOn(console, 'log').mockImplementation((line: string) => void said.push(line));
  vi.spyOn(process.stderr, 'write').mockReturnValue(true);
});

const text = join(directory, 'a book.txt');
writeFileSync(text, 'It was the best of times, it was the worst of times.\n'.repeat(50));
const defaults = { tokens: 'characters', validation: 0.1, test: 0.1 } as const;
const nothingLeft = (folder: string) => expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);

test('packs a text beside itself, and tells how a recipe reads it', async () => {
  await packCommand(text, defaults);
  const out = join(directory, 'a book.tokens');
  expect(openTokenFile(out)).toMatchObject({ name: 'a book.txt', source: 'a book.txt', checked: false });
  expect(said[0]).toMatch(/a book\.tokens: 2,120 training, 265 validation, 265 test tokens, \d+ different, 16 bits a token, from utf-8$/);
  expect(said[1]).toBe("In a recipe beside it: data: { type: 'tokenFile', path: new URL('./a%20book.tokens', import.meta.url) }");
  await expect(packCommand(text, defaults)).rejects.toThrow(
    /a book\.tokens exists; pass --to for another path, or --force to overwrite it/,
  );
  await packCommand(text, { ...defaults, force: true, tokens: 'words', tokenizer: { numWords: 4 }, source: 'Dickens, 1859' });
  expect(openTokenFile(out)).toMatchObject({ source: 'Dickens, 1859', file: { vocabularySize: 4 } });
  expect(said[3]).toMatch(/^\d+ tokens of the training part are not in the vocabulary and are \[UNK\]$/);
  nothingLeft(directory);
});

test('init names the command for a text', async () => {
  await expect(initCommand(text, {})).rejects.toThrow(/To train on one long text, pack it: npm run unroll -- pack '.*a book\.txt'$/);
});

test('a copy is compared again only until it is marked as checked; a changed file is named', async () => {
  const [out, copy] = [join(directory, 'first.tokens'), join(directory, 'copy.tokens')];
  await packCommand(text, { ...defaults, to: out });
  writeFileSync(copy, readFileSync(out));
  expect(openTokenFile(copy).checked).toBe(true);
  checkCommand(copy);
  expect(openTokenFile(copy).checked).toBe(false);
  const bytes = readFileSync(copy);
  bytes[bytes.length - 2] = (bytes[bytes.length - 2] as number) ^ 1;
  writeFileSync(copy, bytes);
  expect(() => checkCommand(copy)).toThrow(/copy\.tokens: its ids have SHA-256/);
});

test('options that cannot work are refused before the text is read', async () => {
  const to = join(directory, 'refused.tokens');
  const packing = (more: object) => packCommand(text, { ...defaults, to, ...more });
  await expect(packing({ validation: 0.5, test: 0.5 })).rejects.toThrow('--validation 0.5 and --test 0.5 leave nothing to train on');
  await expect(packing({ tokenizer: { numWrods: 3 } })).rejects.toThrow("Did you mean 'numWords'?");
  await expect(packing({ encoding: 'klingon' })).rejects.toThrow("unknown encoding 'klingon'");
  await expect(packCommand(join(directory, 'none.txt'), { ...defaults, to })).rejects.toThrow(/cannot read .*none\.txt: no such file/);
  await expect(packCommand(directory, { ...defaults, to })).rejects.toThrow(/cannot read .*EISDIR/);
  expect(existsSync(to)).toBe(false);
  nothingLeft(directory);
});

test('a folder that cannot be written is named; an interrupted or failed packing leaves the old file', async () => {
  const none = join(directory, 'none', 'x.tokens');
  await expect(packCommand(text, { ...defaults, to: none })).rejects.toThrow(`cannot write ${none}: no such file or directory (ENOENT)`);
  const to = join(directory, 'kept.tokens');
  await packCommand(text, { ...defaults, to });
  const before = readFileSync(to);
  const short = join(directory, 'short.txt');
  writeFileSync(short, 'too short');
  await expect(packCommand(short, { ...defaults, to, force: true })).rejects.toThrow(
    "corpus 'short.txt': its validation part has 1 tokens",
  );
  await packCommand(text, { ...defaults, to, force: true, signal: AbortSignal.abort() });
  expect(said.at(-1)).toBe(`Interrupted; ${to} was not written.`);
  expect(readFileSync(to)).toEqual(before);
  nothingLeft(directory);
});

test.skipIf(process.getuid?.() === 0)('a read-only folder is named (skipped for root, who may write there)', async () => {
  const folder = join(directory, 'read-only');
  mkdirSync(folder);
  chmodSync(folder, 0o555);
  const to = join(folder, 'x.tokens');
  await expect(packCommand(text, { ...defaults, to })).rejects.toThrow(`cannot write ${to}: permission denied (EACCES)`);
});
