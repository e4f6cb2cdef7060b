/**
 * npm run plan-check -w @unroll/bench: compares what `unroll plan` forecasts for 1, 2 and 4 ranks on this machine with the steps that they
 * take. Both take turns. Ends with code 1 if a forecast is wrong by more than 15 %. Needs MPI and a machine without other work.
 */
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism, cpus } from 'node:os';
import { dirname, join } from 'node:path';
import Table from 'cli-table3';
import { median } from './compare.ts';

const LIMIT = 0.15;
const ROUNDS = 3;
const RANKS = [1, 2, 4];
/** Shards of equal length, and shards of texts of different lengths. */
const cases = [
  { recipe: 'moby-dick', shards: 4, batch: 32 },
  { recipe: 'sentiment', shards: 4, batch: 128 },
];

type Case = (typeof cases)[number];
/** Milliseconds of a step, and of its parts: all shards' gradients and their sum on this rank, and the update. */
interface Times {
  step: number;
  gradients: number;
  update: number;
}

const train = dirname(createRequire(import.meta.url).resolve('@unroll/train/package.json'));
const environment = {
  ...process.env,
  OMPI_MCA_rmaps_base_oversubscribe: '1',
  OMPI_ALLOW_RUN_AS_ROOT: '1',
  OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1',
};

/** The last line of a program's output, which is JSON. */
function run<T>(program: string, args: readonly string[]): T {
  const output = execFileSync(program, args, { encoding: 'utf8', env: environment, stdio: ['ignore', 'pipe', 'ignore'] });
  return JSON.parse(output.trim().split('\n').at(-1) as string) as T;
}

function forecast({ recipe, shards, batch }: Case): Times[] {
  const sizes = ['--shards', `${shards}`, '--batch', `${batch}`];
  const args = ['plan', recipe, '--ranks', `${Math.max(...RANKS)}`, '--workers', '1', ...sizes, '--json'];
  interface Row {
    step: Record<'gradients' | 'stragglers' | 'allReduce' | 'update', number>;
    stepTotal: number;
  }
  const plan = run<{ training: { rows: Row[] } }>(process.execPath, ['--no-warnings', join(train, 'src/cli.ts'), ...args]);
  return plan.training.rows.map(({ step: { gradients, stragglers, allReduce, update }, stepTotal }) => ({
    step: 1000 * stepTotal,
    gradients: 1000 * (gradients + stragglers + allReduce),
    update: 1000 * update,
  }));
}

function measure({ recipe, shards, batch }: Case, ranks: number): Times {
  const args = ['--no-warnings', join(train, 'src/bench/timed-ranks.ts'), recipe, `${shards}`, `${batch}`, '1'];
  const [program, before] = ranks === 1 ? [process.execPath, []] : ['mpiexec', ['-n', `${ranks}`, process.execPath]];
  const { step, gradients, sum, update } = run<Times & { sum: number }>(program, [...before, ...args]);
  // A rank waits for the others' gradients while it sums.
  return { step, gradients: gradients + sum, update };
}

console.log(
  `Ranks of one worker on ${cpus()[0]?.model.trim()}, ${availableParallelism()} cores; milliseconds, medians of ${ROUNDS} rounds`,
);
const parts = ['step', 'gradients', 'update'] as const;
const table = new Table({
  head: ['recipe', 'shards', 'ranks', ...parts.flatMap((part) => [`${part}: plan`, 'real']), 'plan / real'],
  style: { head: [], border: [], compact: true },
});
let worst = 0;
for (const each of cases) {
  const rounds = Array.from({ length: ROUNDS }, () => ({ planned: forecast(each), real: RANKS.map((ranks) => measure(each, ranks)) }));
  for (const [i, ranks] of RANKS.entries()) {
    const of = (which: 'planned' | 'real', part: keyof Times) => median(rounds.map((round) => (round[which][i] as Times)[part]));
    const ratio = of('planned', 'step') / of('real', 'step');
    worst = Math.max(worst, Math.abs(ratio - 1));
    const times = parts.flatMap((part) => [of('planned', part).toFixed(1), of('real', part).toFixed(1)]);
    table.push([each.recipe, each.shards, ranks, ...times, ratio.toFixed(2)].map(String));
  }
}
console.log(table.toString());
console.log(`The largest error is ${(100 * worst).toFixed(0)} %; the limit is ${100 * LIMIT} %.`);
process.exitCode = worst > LIMIT ? 1 : 0;
