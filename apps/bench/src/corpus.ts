/**
 * npm run corpus -w @unroll/bench: the memory of training on a corpus of 10 GB above that of one of 10 MB, in one process or on each of
 * several ranks. Writes both as token files and removes them.
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
import { mpiEnvironment } from './mpi.ts';

/** The last parts of each file, which the run scores; the same in both files. */
const HELD_OUT = 200_000;
const MB = 1e6;

interface Options {
  gigabytes: number;
  steps: number;
  ranks: number;
  mpiexec: string;
  workers: number;
  folder: string;
}

program
  .option('--gigabytes <number>', 'the size of the large file', Number, 10)
  .option('--steps <number>', 'how many steps to train', Number, 100)
  .option('--ranks <number>', 'ranks of MPI on this machine; 1 needs no MPI', Number, 1)
  .option('--mpiexec <program>', 'what starts the ranks', 'mpiexec')
  .option('--workers <number>', 'worker threads of each rank', Number, 2)
  .option('--folder <path>', 'where to write the files', join(import.meta.dirname, '../dist/corpus'))
  .action(main);
async function main(options: Options) {
  const { gigabytes, ranks, workers, folder } = options;
  mkdirSync(folder, { recursive: true });
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < (gigabytes + 1) * 1e9) {
    throw new Error(`${folder} has ${Math.floor((bavail * bsize) / 1e9)} GB left; pass --gigabytes or --folder`);
  }
  const residents: number[][] = [];
  try {
    for (const bytes of [10 * MB, gigabytes * 1000 * MB]) {
      const path = join(folder, `${bytes}.tokens`);
      const started = performance.now();
      await write(path, bytes / 2);
      const seconds = (performance.now() - started) / 1000;
      const { residentBytes, firstStepMs, stepMs } = run(path, options);
      rmSync(path);
      residents.push(residentBytes);
      console.log(
        `${(bytes / MB).toLocaleString('en')} MB, ${(bytes / 2).toLocaleString('en')} tokens (written in ${seconds.toFixed(0)} s): ` +
          `peak ${residentBytes.map(mebibytes).join(' and ')}, first step after ${(firstStepMs / 1000).toFixed(1)} s, ${stepMs.toFixed(1)} ms a step`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [small = [], large = []] = residents;
  const more = large.map((bytes, rank) => mebibytes(bytes - (small[rank] as number))).join(' and ');
  console.log(`${more} more for ${gigabytes} GB than for 10 MB, with ${ranks} ranks of ${workers} workers`);
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

/** Trains in processes of their own. @returns the peak memory of each rank, and times on rank 0. */
function run(path: string, { steps, workers, ranks, mpiexec }: Options): { residentBytes: number[]; firstStepMs: number; stepMs: number } {
  const train = dirname(createRequire(import.meta.url).resolve('@unroll/train/package.json'));
  const node = [process.execPath, '--no-warnings', join(train, 'src/bench/corpus-run.ts'), path, `${steps}`, `${workers}`];
  const [command = '', ...args] = ranks === 1 ? node : [mpiexec, '-n', `${ranks}`, ...node];
  const output = execFileSync(command, args, { encoding: 'utf8', env: { ...process.env, ...mpiEnvironment } });
  return JSON.parse(output.trim().split('\n').at(-1) as string);
}

await program.parseAsync();
