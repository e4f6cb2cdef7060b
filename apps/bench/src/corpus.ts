/**
 * npm run corpus -w @unroll/bench: the memory of training on a corpus of 10 GB above that of one of 10 MB. Writes both as token files
 * and removes them.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { loadMobyDick } from '@unroll/datasets/moby-dick.ts';
import { type EncodedPiece, writeTokenFile } from '@unroll/datasets/write-token-file.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { program } from 'commander';

/** The last parts of each file, which the run scores; the same in both files. */
const HELD_OUT = 200_000;
const MB = 1e6;

program
  .option('--gigabytes <number>', 'the size of the large file', Number, 10)
  .option('--steps <number>', 'how many steps to train', Number, 100)
  .option('--workers <number>', 'worker threads', Number, 2)
  .option('--folder <path>', 'where to write the files', join(import.meta.dirname, '../dist/corpus'))
  .action(main);
async function main({ gigabytes, steps, workers, folder }: { gigabytes: number; steps: number; workers: number; folder: string }) {
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < (gigabytes + 1) * 1e9) {
    throw new Error(`${folder} has ${Math.floor((bavail * bsize) / 1e9)} GB left; pass --gigabytes or --folder`);
  }
  const residents: number[] = [];
  try {
    for (const bytes of [10 * MB, gigabytes * 1000 * MB]) {
      const path = join(folder, `${bytes}.tokens`);
      const started = performance.now();
      await write(path, bytes / 2);
      const seconds = (performance.now() - started) / 1000;
      const { residentBytes, firstStepMs, stepMs } = run(path, steps, workers);
      rmSync(path);
      residents.push(residentBytes);
      console.log(
        `${(bytes / MB).toLocaleString('en')} MB, ${(bytes / 2).toLocaleString('en')} tokens (written in ${seconds.toFixed(0)} s): ` +
          `peak ${mebibytes(residentBytes)}, first step after ${(firstStepMs / 1000).toFixed(1)} s, ${stepMs.toFixed(1)} ms a step`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [small = 0, large = 0] = residents;
  console.log(`${mebibytes(large - small)} more for ${gigabytes} GB than for 10 MB, with ${workers} workers`);
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;

/** Writes Moby Dick over and over, in characters. */
async function write(path: string, tokens: number): Promise<void> {
  const { text, name, source } = loadMobyDick();
  const tokenizer = new Tokenizer({ charLevel: true, lower: false, oovToken: '[UNK]' });
  tokenizer.fitOnTexts([text]);
  const book = Int32Array.from(tokenizer.encode(tokenizer.tokenize(text)));
  function* part(part: EncodedPiece['part'], length: number): Generator<EncodedPiece> {
    for (let left = length; left > 0; left -= book.length) yield { part, ids: book.subarray(0, Math.min(left, book.length)), unknown: 0 };
  }
  function* pieces() {
    yield* part('train', tokens - 2 * HELD_OUT);
    yield* part('validation', HELD_OUT);
    yield* part('test', HELD_OUT);
  }
  const file = await open(path, 'wx');
  try {
    await writeTokenFile(file, { name, source, tokenizer: tokenizer.toJSON() }, pieces());
  } finally {
    await file.close();
  }
}

/** Trains in a process of its own. */
function run(path: string, steps: number, workers: number): { residentBytes: number; firstStepMs: number; stepMs: number } {
  const train = dirname(createRequire(import.meta.url).resolve('@unroll/train/package.json'));
  const args = ['--no-warnings', join(train, 'src/bench/corpus-run.ts'), path, `${steps}`, `${workers}`];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }).trim().split('\n').at(-1) as string);
}

await program.parseAsync();
