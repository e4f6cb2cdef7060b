/**
 * For `npm run plan-check -w @unroll/bench`: trains a recipe on the ranks of a launcher, or alone, and prints the mean milliseconds of a step
 * on rank 0 as JSON. Arguments: recipe, shards, sequences of a batch, workers of each rank.
 */
import { prepare } from '../data/prepare.ts';
import { withRanks } from '../ranks/with-ranks.ts';
import type { Phases } from '../recipe/events.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { train } from '../training/train.ts';

const WARM_UP = 20;
const STEPS = 40;

const [name = '', shards, batch, workers] = process.argv.slice(2);
const recipe = await loadRecipe(name);
const training = { ...recipe.training, shards: Number(shards), globalBatchSize: Number(batch) };
const prepared = prepare({ ...recipe, training }, 1);

const times = await withRanks(60, async (ranks) => {
  const steps: (Phases & { all: number })[] = [];
  const enough = new AbortController();
  await train(prepared.recipe, {
    ranks,
    prepared,
    workers: Number(workers),
    signal: enough.signal,
    onEvent(event) {
      if (event.type !== 'step') return;
      steps.push(event.phases);
      if (steps.length === WARM_UP + STEPS) enough.abort();
    },
  });
  await ranks.leave();
  return steps.slice(WARM_UP);
});
if (times) {
  const mean = (part: keyof (typeof times)[number]) => times.reduce((sum, time) => sum + time[part], 0) / times.length;
  console.log(JSON.stringify({ step: mean('all'), gradients: mean('gradients'), sum: mean('sum'), update: mean('update') }));
}
