/**
 * For apps/bench: trains some steps on a token file, alone or on the ranks of a launcher, scores its held-out parts, and prints each rank's
 * peak memory as JSON. Arguments: token file, steps, workers of each rank.
 */
import { performance } from 'node:perf_hooks';
import { withRanks } from '../ranks/with-ranks.ts';
import type { TrainEvent } from '../recipe/events.ts';
import { parseRecipe } from '../recipe/recipe.ts';
import { train } from '../training/train.ts';

const [path, steps = '100', workers = '2'] = process.argv.slice(2);
const recipe = parseRecipe(
  {
    name: 'corpus-run',
    description: '',
    data: { type: 'tokenFile', path },
    model: ({ vocabularySize }: { vocabularySize: number }) => ({
      input: { type: 'tokens', maxLength: 1_000_000 },
      layers: [
        { type: 'embedding', inputDim: vocabularySize, outputDim: 48 },
        { type: 'lstm', units: 128, returnSequences: true },
        { type: 'dense', units: vocabularySize },
      ],
      task: { type: 'generate' },
    }),
    training: { epochs: 1, globalBatchSize: 64, shards: 2, bpttSteps: 64, optimizer: { type: 'adam' } },
    // Ends the epoch, which scores the validation and the test part.
    callbacks: [
      (event: TrainEvent, run: { stop(reason: string): void }) =>
        event.type === 'step' && event.updates >= Number(steps) && run.stop('enough'),
    ],
  },
  'the corpus run',
);
const started = performance.now();
let firstStepMs = 0;
const times: number[] = [];
const residentBytes = await withRanks(60, async (ranks) => {
  await train(recipe, {
    ranks,
    workers: Number(workers),
    onEvent(event) {
      if (event.type !== 'step') return;
      if (firstStepMs === 0) firstStepMs = performance.now() - started;
      times.push(event.phases.all);
    },
  });
  const gathered = await ranks.gather(process.resourceUsage().maxRSS * 1024);
  await ranks.leave();
  return gathered;
});
const stepMs = times.sort((a, b) => a - b)[times.length >> 1];
if (residentBytes) console.log(JSON.stringify({ residentBytes, firstStepMs, stepMs }));
