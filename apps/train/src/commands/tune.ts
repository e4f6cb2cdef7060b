import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { prepare } from '../data/prepare.ts';
import { rungEpochs } from '../experiments/asha.ts';
import { type TunedTrial, tune } from '../experiments/tune.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { renderTuning } from '../report/tuning.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { commandLine, shown } from '../terminal/shell.ts';
import { plainTable } from '../terminal/table.ts';
import { monitorOf } from '../training/monitor.ts';
import { type Cli, engineOption, epochsOption, experimentOptions, positiveInteger } from './options.ts';

export interface TuneCommandOptions {
  trials: number;
  eta: number;
  minEpochs: number;
  epochs?: number;
  workers?: number;
  seed: number;
  runs: string;
  restart?: boolean;
  signal: AbortSignal;
}

/** The content of tune.json. */
interface SavedSearch {
  seed: number;
  maxEpochs: number;
  search: Recipe['search'];
  trials: TunedTrial[];
}

const SHOWN = 12;

/** Searches a recipe's settings and suggests the best. Resumes an interrupted search with the same options. */
export async function tuneCommand(nameOrPath: string, options: TuneCommandOptions): Promise<void> {
  const { trials: wanted, eta, minEpochs, seed, signal, workers = availableParallelism() } = options;
  const recipe = await loadRecipe(nameOrPath);
  if (Object.keys(recipe.search).length === 0) {
    throw new Error(`recipe '${recipe.name}' has no search: declare settings and their ranges, as the recipe sentiment does`);
  }
  const maxEpochs = options.epochs ?? recipe.training.epochs;
  const directory = resolve(options.runs, `tune-${recipe.name}`);
  const file = join(directory, 'tune.json');
  if (options.restart) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const known = savedTrials(file, { seed, maxEpochs, search: recipe.search });
  const { metricInfo } = prepare(recipe, seed).task;
  const metric = monitorOf(prepare(recipe, seed)).name;
  const format = metricInfo[metric]?.format ?? ((value: number) => value.toFixed(4));
  console.log(
    `${recipe.name}: ${wanted} trials of ${Object.keys(recipe.search).join(', ')}; rungs at epochs ${rungEpochs({ eta, minEpochs, maxEpochs }).join(', ')}; ` +
      `${workers} at a time${known.length ? `; resumes after ${known.length} trials` : ''}`,
  );

  const { trials, picked } = await tune(recipe, {
    ...{ trials: wanted, eta, minEpochs, maxEpochs, seed, workers, directory, signal, known },
    recipeOf: (settings) => loadRecipe(nameOrPath, settings),
    async onTrial(trial, all) {
      const { id, settings, value, epochs, parameters } = trial;
      console.log(
        `trial ${String(id).padStart(3)}  ${String(epochs).padStart(3)} epochs  ${metric} ${format(value)}  ${parameters.toLocaleString('en')} parameters  ${say(settings)}`,
      );
      const saved: SavedSearch = { seed, maxEpochs, search: recipe.search, trials: [...all] };
      await writeAtomically(file, JSON.stringify(saved));
    },
  });
  if (signal.aborted || !picked) {
    console.log(
      `\nInterrupted after ${trials.length} trials. Resume with the same command${options.restart ? ', without --restart' : ''}.`,
    );
    return;
  }
  console.log(tableOf(trials, picked, metric, format));
  const set = Object.entries(picked.settings).map(([name, value]) => `${name}=${value}`);
  const command = commandLine('train', nameOrPath, '--set', ...set);
  const path = join(directory, 'tuning.html');
  await writeAtomically(path, await renderTuning({ recipe, trials, picked, metric, format, command }));
  console.log(`● the smallest within one standard error of the best. Train it: ${command}`);
  console.log(`report  ${shown(path)}`);
}

function savedTrials(file: string, now: Omit<SavedSearch, 'trials'>): TunedTrial[] {
  if (!existsSync(file)) return [];
  const { trials, ...was } = JSON.parse(readFileSync(file, 'utf8')) as SavedSearch;
  if (JSON.stringify(was) !== JSON.stringify(now)) {
    throw new Error(`${shown(file)} belongs to another search (seed, epochs or search differ); pass --restart to start over`);
  }
  return trials;
}

const say = (settings: Readonly<Record<string, number>>) =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

function tableOf(trials: readonly TunedTrial[], picked: TunedTrial, metric: string, format: (value: number) => string): string {
  const names = Object.keys(picked.settings);
  const sorted = trials.toSorted((a, b) => a.score - b.score);
  const best = [...sorted.slice(0, SHOWN), ...(sorted.indexOf(picked) >= SHOWN ? [picked] : [])];
  const rows = best.map((trial) => {
    const { id, value, standardError, epochs, parameters, settings } = trial;
    const cells = [
      id,
      format(value),
      format(standardError),
      epochs,
      parameters.toLocaleString('en'),
      ...names.map((name) => settings[name]),
    ];
    return [trial === picked ? '●' : '', ...cells.map(String)];
  });
  return plainTable(['', 'trial', `validation ${metric}`, '± standard error', 'epochs', 'parameters', ...names], rows);
}

export function addTune({ program, signal }: Cli): void {
  program
    .command('tune')
    .description("search a recipe's settings by asynchronous successive halving")
    .argument('<recipe>', 'a recipe with a search')
    .option('--workers <number>', 'trials at a time, each on its own thread (default: all cores)', positiveInteger)
    .addOption(engineOption)
    .option(...epochsOption)
    .option(...experimentOptions.runs)
    .option(...experimentOptions.seed)
    .option('--trials <number>', 'number of trials', positiveInteger, 30)
    .option('--eta <number>', 'at each rung, one trial in this many continues', positiveInteger, 3)
    .option('--min-epochs <number>', 'epochs to the first rung', positiveInteger, 1)
    .option('--restart', 'discard an earlier search')
    .action((recipe: string, flags: Omit<TuneCommandOptions, 'signal'>) => tuneCommand(recipe, { ...flags, signal }));
}
