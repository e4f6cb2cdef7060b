import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { html } from 'hono/html';
import { createRateFinder, type RateFinding, rateAt } from '../experiments/rate-finder.ts';
import { type Chart, chartFigure } from '../page/chart.ts';
import { renderPage } from '../page/page.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { shown } from '../terminal/shell.ts';
import { sparkline } from '../terminal/sparkline.ts';
import { TrainingDiverged } from '../training/divergence.ts';
import { train } from '../training/train.ts';
import { anyNumber, type Cli, engineOption, experimentOptions, positiveInteger, workersOption } from './options.ts';

export interface FindRateOptions {
  from: number;
  to: number;
  steps: number;
  seed: number;
  workers?: number;
  runs: string;
  signal: AbortSignal;
}

/** A learning-rate range test (Smith, 2017): the rate grows from step to step until the loss diverges. */
export async function findRateCommand(
  nameOrPath: string,
  { from, to, steps, seed, workers, runs, signal }: FindRateOptions,
): Promise<void> {
  if (!(from > 0 && to > from)) throw new Error(`find-rate: expected 0 < --from < --to, got ${from} and ${to}`);
  const recipe = await loadRecipe(nameOrPath);
  const finder = createRateFinder();
  const enough = new AbortController();
  try {
    await train(
      { ...recipe, training: { ...recipe.training, epochs: steps, earlyStopping: undefined } },
      {
        ...{ seed, workers, schedule: rateAt(from, to, steps) },
        signal: AbortSignal.any([signal, enough.signal]),
        onEvent(event) {
          if (event.type !== 'step') return;
          if (finder.add(event.learningRate, event.loss) === 'stop' || event.updates >= steps) enough.abort();
        },
      },
    );
  } catch (error) {
    // Divergence ends the test, like the last rate.
    if (!(error instanceof TrainingDiverged)) throw error;
  }
  if (signal.aborted) return;

  const finding = finder.finding();
  const { points, steepest, lowest } = finding;
  const first = points[0]?.learningRate as number;
  const last = points.at(-1)?.learningRate as number;
  console.log(
    `loss   ${sparkline(
      points.map(({ smooth }) => smooth),
      60,
    )}   at rates from ${short(first)} to ${short(last)}`,
  );
  console.log(
    `falls fastest at ${short(steepest)}, is lowest at ${short(lowest)}; the recipe has ${recipe.training.optimizer.learningRate}`,
  );
  console.log(`Try learningRate: ${short(steepest)}.`);
  const directory = join(runs, `find-rate-${recipe.name}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'rates.html');
  await writeAtomically(path, await page(recipe.name, finding));
  console.log(`report  ${shown(path)}`);
}

const short = (rate: number) => Number(rate.toPrecision(2)).toString();

function page(name: string, { points, steepest, lowest }: RateFinding): Promise<string> {
  const chart: Chart = {
    ...{ id: 'rates', xLabel: 'learning rate', xLog: true, x: points.map(({ learningRate }) => learningRate) },
    lines: [
      { label: 'loss', color: 'accent', thin: true, values: points.map(({ loss }) => loss) },
      { label: 'smoothed', color: 'second', values: points.map(({ smooth }) => smooth) },
    ],
  };
  const body = html`<p>The loss while the rate grows from step to step. It falls fastest at <b>${short(steepest)}</b> and is lowest at
<b>${short(lowest)}</b>, just before it blows up. Train with the first rate, or with a tenth of the second.</p>${chartFigure(chart, 'Loss')}`;
  return renderPage({ title: `Learning rates for ${name}`, description: 'A range test (Smith, 2017).', body, charts: [chart] });
}

export function addFindRate({ program, signal }: Cli): void {
  program
    .command('find-rate')
    .description('try learning rates from low to high on a few steps and suggest one')
    .argument('<recipe>', 'a recipe')
    .option(...workersOption)
    .addOption(engineOption)
    .option(...experimentOptions.runs)
    .option(...experimentOptions.seed)
    .option('--from <rate>', 'the lowest', anyNumber, 1e-6)
    .option('--to <rate>', 'the highest', anyNumber, 1)
    .option('--steps <number>', 'steps from the lowest to the highest rate', positiveInteger, 200)
    .action((recipe: string, flags: Omit<FindRateOptions, 'signal'>) => findRateCommand(recipe, { ...flags, signal }));
}
