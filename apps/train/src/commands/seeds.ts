import Table from 'cli-table3';
import { type TrainCommandOptions, trainCommand } from './train.ts';

/** Trains a recipe once a seed, from 1 up: how much of a score is luck. Each seed splits the data anew. */
export async function seedsCommand(recipe: string, options: Omit<TrainCommandOptions, 'seed'> & { count: number }): Promise<void> {
  const accuracies = new Map<string, number[]>();
  for (let seed = 1; seed <= options.count; seed++) {
    console.log(`\n── seed ${seed} of ${options.count}`);
    const trained = await trainCommand(recipe, { ...options, seed });
    if (!trained) return;
    for (const { name, accuracy } of trained.contenders) accuracies.set(name, [...(accuracies.get(name) ?? []), accuracy]);
  }
  const percent = (value: number) => `${(value * 100).toFixed(2)} %`;
  const seeds = Array.from({ length: options.count }, (_, i) => `seed ${i + 1}`);
  const table = new Table({ head: ['test accuracy', ...seeds, 'mean'], style: { head: [], border: [] } });
  for (const [name, values] of accuracies) {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    table.push([name, ...values.map(percent), percent(mean)]);
  }
  console.log(`\n${table.toString()}`);
}
