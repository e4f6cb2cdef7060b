import { existsSync, readdirSync, statSync, utimesSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { bytesOfFile } from '@unroll/datasets/bytes.ts';
import { type PackedCorpus, packCorpus } from '@unroll/datasets/pack-corpus.ts';
import { openTokenFile } from '@unroll/datasets/token-file.ts';
import { parseOrExplain } from '@unroll/schema/explain.ts';
import { type TokenizerOptions, tokenizerOptions } from '@unroll/text/tokenizer.ts';
import { InvalidArgumentError, Option } from 'commander';
import { corpusSummary } from '../data/corpus.ts';
import { count } from '../data/prepared-data.ts';
import { reasonOf, writeAtomically } from '../run/write-atomically.ts';
import { createPassProgress } from '../terminal/pass-progress.ts';
import { printable } from '../terminal/printable.ts';
import { shown } from '../terminal/shell.ts';
import { anyNumber, type Cli } from './options.ts';

export interface PackCommandOptions {
  /** By default beside the text. */
  to?: string;
  tokens: keyof typeof presets;
  /** More options of the tokenizer, as a recipe has them. */
  tokenizer?: object;
  validation: number;
  test: number;
  encoding?: string;
  source?: string;
  force?: boolean;
  signal?: AbortSignal;
}

/**
 * V8 lets arrays of more than 128 KB pile up outside its young generation. The tokens of a chunk, 8 bytes each, stay below.
 */
const CHUNK_BYTES = 1 << 13;

const presets = {
  characters: { charLevel: true, lower: false, oovToken: '[UNK]' },
  words: { oovToken: '[UNK]' },
} satisfies Record<string, TokenizerOptions>;

/** More validation tokens take minutes to score. */
const SLOW_TO_SCORE = 10_000_000;

/** Writes a text as a token file. @throws an error that says what to change; an existing file then stays as it was. */
export async function packCommand(path: string, options: PackCommandOptions): Promise<void> {
  const { tokens, validation, test, encoding, signal, force = false } = options;
  const tokenizer = parseOrExplain(tokenizerOptions, { ...presets[tokens], ...options.tokenizer }, 'the tokenizer');
  if (validation + test >= 1) throw new Error(`--validation ${validation} and --test ${test} leave nothing to train on`);
  const out = options.to ?? `${path.slice(0, path.length - extname(path).length)}.tokens`;
  if (existsSync(out) && !force) throw new Error(`${out} exists; pass --to for another path, or --force to overwrite it`);
  for (const left of leftBy(out)) console.log(printable(`${left} is left from a packing that was interrupted; remove it`));
  const name = basename(path);
  const { source = name } = options;

  const progress = createPassProgress(process.stderr, sizeOf(path));
  const onProgress = progress.at;
  let packed: PackedCorpus | undefined;
  try {
    await writeAtomically(out, async (file) => {
      packed = await packCorpus(bytesOfFile(path, CHUNK_BYTES), file, {
        name,
        source,
        tokenizer,
        validation,
        test,
        encoding,
        onProgress,
        signal,
      });
    });
  } catch (error) {
    if (!signal?.aborted) throw error;
  } finally {
    progress.done();
  }
  if (packed) describe(out, packed, tokenizer);
  else console.log(`Interrupted; ${out} was not written.`);
}

/** The unfinished files of earlier packings to a path whose process is gone. */
function leftBy(out: string): string[] {
  const folder = dirname(out);
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => {
      const process = name.startsWith(`${basename(out)}.`) && /^(\d+)\.part$/.exec(name.slice(basename(out).length + 1))?.[1];
      return process && !isRunning(Number(process));
    })
    .map((name) => join(folder, name));
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function describe(out: string, { tokens, unknown, encoding, replaced, width, vocabularySize }: PackedCorpus, tokenizer: TokenizerOptions) {
  console.log(printable(`${shown(out)}: ${corpusSummary(tokens, vocabularySize)}, ${width} bits a token, from ${encoding}`));
  const fate = tokenizer.oovToken === undefined ? 'are left out' : `are ${tokenizer.oovToken}`;
  const held = unknown.validation + unknown.test;
  if (unknown.train) console.log(printable(`${count(unknown.train)} tokens of the training part are not in the vocabulary and ${fate}`));
  if (held) console.log(printable(`${count(held)} tokens of the held-out parts are not in the vocabulary and ${fate}`));
  if (tokens.validation > SLOW_TO_SCORE)
    console.log(`Each epoch scores ${count(tokens.validation)} validation tokens; a smaller --validation takes less time`);
  if (replaced) console.log(`warning: ${count(replaced)} characters are U+FFFD: bytes that are not ${encoding}, or U+FFFD in the text`);
  const url = `./${encodeURIComponent(basename(out)).replaceAll("'", '%27')}`;
  console.log(`In a recipe beside it: data: { type: 'tokenFile', path: new URL('${url}', import.meta.url) }`);
}

/** Compares a token file with its digests, and marks it as checked: training skips the comparison. @throws if the file differs. */
export function checkCommand(path: string): void {
  const { file, packedAt } = openTokenFile(path, { always: true });
  console.log(printable(`${path} is as packed: ${corpusSummary(file.tokens, file.vocabularySize)}`));
  try {
    utimesSync(path, packedAt / 1000, packedAt / 1000);
  } catch (error) {
    console.log(`Its time cannot be set (${reasonOf(error)}), so each run compares the file again.`);
  }
}

function share(text: string): number {
  const value = anyNumber(text);
  if (value <= 0 || value >= 1) throw new InvalidArgumentError('expected a number between 0 and 1');
  return value;
}

function json(text: string): object {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`expected JSON: ${(error as Error).message}`);
  }
}

export function addPack({ program, signal }: Cli): void {
  program
    .command('pack')
    .description('write a text of any length as a token file, for training on a corpus larger than memory')
    .argument('<text>', 'a text file; with --check, a token file')
    .option('--to <path>', 'the path of the token file (default: beside the text, as .tokens)')
    .addOption(new Option('--tokens <kind>', 'what a token is').choices(Object.keys(presets)).default('characters'))
    .option('--tokenizer <json>', `more options of the tokenizer, as in a recipe: '{ "numWords": 20000 }'`, json)
    .option('--validation <share>', "share of the text's end that is held out for validation", share, 0.05)
    .option('--test <share>', "share of the text's end that is held out for the test", share, 0.05)
    .option('--encoding <name>', 'the encoding of the text, such as windows-1252 (default: detected)')
    .option('--source <text>', 'where the text comes from and under which license (default: its name)')
    .option('--force', 'overwrite a token file')
    .option('--check', 'compare a token file with its digests instead')
    .action(async (path: string, { check, ...flags }: PackCommandOptions & { check?: boolean }) => {
      if (check) checkCommand(path);
      else await packCommand(path, { ...flags, signal });
    });
}
