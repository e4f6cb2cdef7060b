import Table from 'cli-table3';
import { type TrainCommandOptions, trainCommand } from './train.ts';

/** Trains a recipe once a seed, from 1 up: how much of a score is luck. Each seed splits the data anew. */
export async function seedsCommand(recipe: string, options: Omit<TrainCommandOptions, 'seed'> & { count: number }): Promise<void> {
  const scores = new Map<string, number[]>();
  let headline: [name: string, format: (value: number) => string] = ['loss', String];
  for (let seed = 1; seed <= options.count; seed++) {
    console.log(`\n── seed ${seed} of ${options.count}`);
    const trained = await trainCommand(recipe, { ...options, seed });
    if (!trained) return;
    headline = trained.headline;
    for (const { name, scores: own } of trained.contenders) scores.set(name, [...(scores.get(name) ?? []), own[headline[0]] ?? Number.NaN]);
  }
  const [metric, format] = headline;
  const seeds = Array.from({ length: options.count }, (_, i) => `seed ${i + 1}`);
  const table = new Table({ head: [`test ${metric}`, ...seeds, 'mean'], style: { head: [], border: [] } });
  for (const [name, values] of scores) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    table.push([name, ...values.map(format), format(mean)]);
  }
  console.log(`\n${table.toString()}`);
}
