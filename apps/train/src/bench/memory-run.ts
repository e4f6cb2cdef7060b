/** For apps/bench: trains a few steps on a million samples of a hundred ids with four workers, and prints the memory it took. */

import { sharedFloats, sharedInts } from '../data/sequences.ts';
import { parseRecipe } from '../recipe/recipe.ts';
import { train } from '../training/train.ts';

const SAMPLES = 1_000_000;
const STEPS = 100;
const VOCABULARY = 1000;
const enough = new AbortController();
const recipe = parseRecipe(
  {
    name: 'memory',
    description: '',
    data: {
      ...{ type: 'encoded', validation: 0.001, test: 0.001 },
      load() {
        const inputs = sharedInts(SAMPLES * STEPS);
        for (let i = 0; i < inputs.length; i++) inputs[i] = 1 + ((i * 7919) % (VOCABULARY - 1));
        const targets = sharedFloats(SAMPLES);
        for (let i = 1; i < SAMPLES; i += 2) targets[i] = 1;
        const lengths = sharedInts(SAMPLES).fill(STEPS);
        return { name: 'memory', source: '', inputs, features: 0, lengths, targets, targetsOf: 'sample', targetWidth: 1 };
      },
    },
    model: () => ({
      input: { type: 'tokens', maxLength: STEPS },
      layers: [
        { type: 'embedding', inputDim: VOCABULARY, outputDim: 32 },
        { type: 'lstm', units: 32 },
        { type: 'dense', units: 1 },
      ],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
    training: { epochs: 1, globalBatchSize: 64, shards: 4, optimizer: { type: 'adam' } },
  },
  'the memory run',
);
await train(recipe, {
  workers: 4,
  signal: enough.signal,
  onEvent: (event) => event.type === 'step' && event.updates >= 100 && enough.abort(),
});
console.log(JSON.stringify({ dataBytes: SAMPLES * STEPS * 4, residentBytes: process.resourceUsage().maxRSS * 1024 }));
