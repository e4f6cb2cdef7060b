import type { Finished } from '../report/finish.ts';
import { type ScoreRow, scoresTable } from '../results/scores-table.ts';
import { type Cli, engineOption, epochsOption, positiveInteger, runOptions, setOption, varied, workersOption } from './options.ts';
import { type TrainCommandOptions, trainCommand } from './train.ts';

export interface SeedsOptions extends Omit<TrainCommandOptions, 'seed' | 'resume' | 'force'> {
  count: number;
  /** Also trains with each of these sets of settings. */
  vary?: readonly Readonly<Record<string, number>>[];
}

/**
 * Trains a recipe with seeds 1, 2, 3 ... to show how much a score varies by chance. Each seed has its own split. Prints the scores of the
 * model and its rivals, or with `vary` the scores of the int8 model under each set of settings.
 */
export async function seedsCommand(recipe: string, { count, vary = [], ...options }: SeedsOptions): Promise<void> {
  const seeds = Array.from({ length: count }, (_, i) => i + 1);
  const rows = new Map<string, ScoreRow>();
  let last: Finished | undefined;
  for (const [name, settings] of [['unchanged', {}] as const, ...vary.map((each) => [nameOf(each), each] as const)]) {
    for (const seed of seeds) {
      console.log(`\n── ${vary.length ? `${name}, ` : ''}seed ${seed} of ${count}`);
      const trained = await trainCommand(recipe, { ...options, set: { ...options.set, ...settings }, seed });
      if (!trained) break;
      last = trained;
      for (const row of rowsOf(trained, vary.length ? name : undefined)) {
        rows.set(row.name, { name: row.name, values: [...(rows.get(row.name)?.values ?? []), ...row.values] });
      }
    }
    if (options.signal.aborted) break;
  }
  if (!last) return;
  const [metric, format] = last.headline;
  console.log(`\n${scoresTable({ title: `test ${metric}`, seeds, rows: [...rows.values()], format })}`);
}

const nameOf = (settings: Readonly<Record<string, number>>) =>
  Object.entries(settings)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');

/** A run's scores: of every contender, or only of the int8 model, under the name of its settings. */
function rowsOf({ contenders, headline: [metric] }: Finished, settings: string | undefined): ScoreRow[] {
  const shown = settings === undefined ? contenders : contenders.filter(({ name }) => name === 'int8');
  return shown.map(({ name, scores }) => ({ name: settings ?? name, values: [scores[metric] ?? Number.NaN] }));
}

export function addSeeds({ program, signal }: Cli): void {
  program
    .command('seeds')
    .description('train a recipe with several seeds and average the scores')
    .argument('<recipe>', 'a recipe')
    .option(...workersOption)
    .addOption(engineOption)
    .option(...epochsOption)
    .option(...runOptions.runs)
    .option(...setOption)
    .option('--count <number>', 'how many seeds', positiveInteger, 5)
    .option('--vary <settings...>', "also train with each of these sets of settings, as in '--vary dropout=0 dropout=0.5'", varied)
    .action((recipe: string, flags: Omit<SeedsOptions, 'signal'>) => seedsCommand(recipe, { ...flags, signal }));
}
