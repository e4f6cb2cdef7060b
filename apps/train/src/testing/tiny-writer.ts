import { loadMobyDick } from '@unroll/datasets/moby-dick.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/** A language model that trains in a few seconds on some pages, with carried state, accumulated gradients and averaged weights. */
export default defineRecipe({
  name: 'tiny-writer',
  description: 'A few pages and a small language model, for tests.',
  data: {
    type: 'corpus',
    load: () => {
      const book = loadMobyDick();
      return { ...book, text: book.text.slice(0, 24_000) };
    },
    validation: 0.1,
    test: 0.1,
  },
  tokenizer: { charLevel: true },
  model: ({ vocabularySize }) => ({
    input: { type: 'tokens', maxLength: 10_000 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 16 },
      { type: 'lstm', units: 32, returnSequences: true, recurrentDropout: 0.1 },
      { type: 'gru', units: 32, returnSequences: true },
      { type: 'dense', units: vocabularySize },
    ],
    task: { type: 'generate' },
  }),
  training: {
    epochs: 3,
    globalBatchSize: 8,
    shards: 3,
    accumulate: 2,
    bpttSteps: 50,
    optimizer: { type: 'adam', learningRate: 0.01 },
    schedule: { type: 'reduceOnPlateau', patience: 0, factor: 0.5 },
    clipNorm: 1,
    clipValue: 0.1,
    ema: { decay: 0.9 },
    labelSmoothing: 0.05,
  },
});
