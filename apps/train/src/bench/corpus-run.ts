/** For apps/bench: trains some steps on a token file, scores its validation part, and prints the memory that took. */
import { performance } from 'node:perf_hooks';
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
let first = 0;
const times: number[] = [];
await train(recipe, {
  workers: Number(workers),
  onEvent(event) {
    if (event.type !== 'step') return;
    if (first === 0) first = performance.now() - started;
    times.push(event.phases.all);
  },
});
const median = times.sort((a, b) => a - b)[times.length >> 1];
console.log(JSON.stringify({ residentBytes: process.resourceUsage().maxRSS * 1024, firstStepMs: first, stepMs: median }));
