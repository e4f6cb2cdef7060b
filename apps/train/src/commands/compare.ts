import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { prepare } from '../data/prepare.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { type ComparedRun, renderComparison } from '../report/comparison.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { shown } from '../terminal/shell.ts';
import { plainTable } from '../terminal/table.ts';
import { observeRun } from './observe-run.ts';
import { type Cli, engineOption, epochsOption, experimentOptions, varied, workersOption } from './options.ts';

export interface CompareOptions {
  /** Settings to train with, one set after the other. */
  vary: readonly Readonly<Record<string, number>>[];
  seed: number;
  workers?: number;
  epochs?: number;
  runs: string;
  signal: AbortSignal;
}

/** Trains a recipe once with each set of settings, from the same seed, and draws their curves side by side. */
export async function compareCommand(nameOrPath: string, { vary, seed, workers, epochs, runs, signal }: CompareOptions): Promise<void> {
  const all: ComparedRun[] = [];
  let metric = 'loss';
  let format: (value: number) => string = String;
  for (const settings of vary) {
    const name = Object.entries(settings)
      .map(([setting, value]) => `${setting} ${value}`)
      .join(', ');
    const loaded = await loadRecipe(nameOrPath, settings);
    const recipe = epochs === undefined ? loaded : { ...loaded, training: { ...loaded.training, epochs } };
    const prepared = prepare(recipe, seed);
    const [headline] = Object.entries(prepared.task.metricInfo);
    if (headline) [metric, format] = [headline[0], headline[1].format];
    console.log(`${name}: trains ${recipe.name}`);
    all.push({ name, ...(await observeRun(prepared, { workers, signal })) });
    if (signal.aborted) {
      console.log('\nInterrupted.');
      return;
    }
  }
  console.log(tableOf(all, metric, format));
  const settings = Object.keys(vary[0] ?? {});
  const directory = join(runs, `compare-${nameOrPath.replaceAll(/[^\w-]+/g, '-')}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, `${settings.join('-')}.html`);
  await writeAtomically(path, await renderComparison({ recipe: nameOrPath, settings, runs: all, metric }));
  console.log(`report  ${shown(path)}`);
}

const bestOf = ({ history }: ComparedRun) => history.findLast((row) => row.best);

function tableOf(all: readonly ComparedRun[], metric: string, format: (value: number) => string): string {
  const rows = all.map((compared) => {
    const best = bestOf(compared);
    const figures = best
      ? [`${best.epoch}`, best.validation.loss.toFixed(4), format(best.validation[metric] as number)]
      : ['', '', 'diverged'];
    return [compared.name, ...figures, compared.history.at(-1)?.loss.toFixed(4) ?? ''];
  });
  return plainTable(['', 'best epoch', 'validation loss', `validation ${metric}`, 'last training loss'], rows);
}

export function addCompare({ program, signal }: Cli): void {
  program
    .command('compare')
    .description('train a recipe with several sets of settings and draw their curves side by side')
    .argument('<recipe>', 'a recipe with settings; remedies has one for every remedy')
    .requiredOption('--vary <settings...>', "settings to train with, as in '--vary dropout=0 dropout=0.5'", varied)
    .option(...workersOption)
    .addOption(engineOption)
    .option(...epochsOption)
    .option(...experimentOptions.runs)
    .option(...experimentOptions.seed)
    .action((recipe: string, flags: Omit<CompareOptions, 'signal'>) => compareCommand(recipe, { ...flags, signal }));
}
