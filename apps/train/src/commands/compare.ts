import { mkdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { html } from 'hono/html';
import { prepare } from '../data/prepare.ts';
import { type Chart, chartFigure, type Line, lineColors } from '../page/chart.ts';
import { renderPage } from '../page/page.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import type { StepPoint } from '../report/step-points.ts';
import { thin } from '../report/step-points.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { plainTable } from '../terminal/table.ts';
import { TrainingDiverged } from '../training/divergence.ts';
import { train } from '../training/train.ts';
import { type Cli, epochsOption, experimentOptions, varied, workersOption } from './options.ts';

export interface CompareOptions {
  /** Settings to train with, one set after the other. */
  vary: readonly Readonly<Record<string, number>>[];
  seed: number;
  workers?: number;
  epochs?: number;
  runs: string;
  signal: AbortSignal;
}

interface Compared {
  name: string;
  history: readonly EpochMetrics[];
  steps: readonly StepPoint[];
  diverged?: string;
}

const POINTS_DRAWN = 400;

/** Trains a recipe with each of some settings, from the same seed, and draws their curves side by side. */
export async function compareCommand(nameOrPath: string, { vary, seed, workers, epochs, runs, signal }: CompareOptions): Promise<void> {
  const all: Compared[] = [];
  let metric = 'loss';
  let format = String;
  for (const settings of vary) {
    const name = Object.entries(settings)
      .map(([setting, value]) => `${setting} ${value}`)
      .join(', ');
    const loaded = await loadRecipe(nameOrPath, settings);
    const recipe = epochs === undefined ? loaded : { ...loaded, training: { ...loaded.training, epochs } };
    console.log(`${name}: trains ${recipe.name}`);
    const prepared = prepare(recipe, seed);
    const [headline] = Object.entries(prepared.task.metricInfo);
    if (headline) [metric, format] = [headline[0], headline[1].format as typeof String];
    const history: EpochMetrics[] = [];
    const steps: StepPoint[] = [];
    try {
      await train(recipe, {
        ...{ prepared, seed, workers, signal },
        onEvent(event) {
          if (event.type === 'step') steps.push({ ...event, update: event.updates });
          if (event.type === 'epoch') history.push(event);
        },
      });
      all.push({ name, history, steps: thin(steps, POINTS_DRAWN) });
    } catch (error) {
      if (!(error instanceof TrainingDiverged)) throw error;
      console.log(`  ${error.message}`);
      all.push({ name, history, steps: thin(steps, POINTS_DRAWN), diverged: error.message });
    }
    if (signal.aborted) return;
  }
  console.log(tableOf(all, metric, format));
  const names = Object.keys(vary[0] ?? {}).join('-');
  const directory = join(runs, `compare-${nameOrPath.replaceAll(/[^\w-]+/g, '-')}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${names}.html`);
  await writeAtomically(path, await page(nameOrPath, names, all, metric));
  console.log(`report  ${relative(process.cwd(), path)}`);
}

const bestOf = ({ history }: Compared) => history.findLast((row) => row.best);

function tableOf(all: readonly Compared[], metric: string, format: (value: number) => string): string {
  const rows = all.map((compared) => {
    const best = bestOf(compared);
    const figures = best
      ? [`${best.epoch}`, best.validation.loss.toFixed(4), format(best.validation[metric] as number)]
      : ['', '', 'diverged'];
    return [compared.name, ...figures, compared.history.at(-1)?.loss.toFixed(4) ?? ''];
  });
  return plainTable(['', 'best epoch', 'validation loss', `validation ${metric}`, 'last training loss'], rows);
}

function page(recipe: string, names: string, all: readonly Compared[], metric: string): Promise<string> {
  const epochs = Math.max(0, ...all.map(({ history }) => history.length));
  const x = Array.from({ length: epochs }, (_, i) => i + 1);
  const colored = (i: number) => lineColors[i % lineColors.length] as NonNullable<Line['color']>;
  const byEpoch = (id: string, of: (row: EpochMetrics) => number): Chart => ({
    ...{ id, x, xLabel: 'epoch' },
    lines: all.map(({ name, history }, i) => {
      const values = x.map((epoch) => history[epoch - 1]).map((row) => (row ? of(row) : null));
      return { label: name, color: colored(i), points: true, values };
    }),
  });
  const updates = [...new Set(all.flatMap(({ steps }) => steps.map(({ update }) => update)))].sort((a, b) => a - b);
  const byStep = (id: string, of: (step: StepPoint) => number, yLog: boolean): Chart => ({
    ...{ id, x: updates, xLabel: 'step', yLog },
    lines: all.map(({ name, steps }, i) => {
      const at = new Map(steps.map((step) => [step.update, of(step)]));
      return { label: name, color: colored(i), thin: true, values: updates.map((update) => at.get(update) ?? null) };
    }),
  });
  const figures: [Chart, string][] = [
    [byEpoch('training', ({ loss }) => loss), 'Training loss'],
    [byEpoch('validation', ({ validation }) => validation.loss), 'Validation loss'],
    [byEpoch('metric', ({ validation }) => validation[metric] as number), `Validation ${metric}`],
    [byStep('rate', ({ learningRate }) => learningRate, false), 'Learning rate'],
    [byStep('norm', ({ gradientNorm }) => gradientNorm, true), 'Gradient norm, before clipping'],
  ];
  const trouble = all.filter(({ diverged }) => diverged !== undefined);
  const body = html`<div class="charts">${figures.map(([chart, caption]) => chartFigure(chart, caption))}</div>
${trouble.map(({ name, diverged }) => html`<p><b>${name}</b>: ${diverged}</p>`)}`;
  const description = `The same data, seed and network; only ${names.replaceAll('-', ', ')} differ.`;
  return renderPage({ title: `${recipe}: ${names.replaceAll('-', ', ')}`, description, body, charts: figures.map(([chart]) => chart) });
}

export function addCompare({ program, signal }: Cli): void {
  program
    .command('compare')
    .description('train a recipe with each of some settings and draw their curves side by side')
    .argument('<recipe>', 'a recipe with settings; remedies has one for every remedy')
    .requiredOption('--vary <settings...>', "settings to train with, as in '--vary dropout=0 dropout=0.5'", varied)
    .option(...workersOption)
    .option(...epochsOption)
    .option(...experimentOptions.runs)
    .option(...experimentOptions.seed)
    .action((recipe: string, flags: Omit<CompareOptions, 'signal'>) => compareCommand(recipe, { ...flags, signal }));
}
