import { defineRecipe } from '../recipe/recipe.ts';
import tiny from './tiny-recipe.ts';

/** The tiny recipe with two settings to search. */
export default defineRecipe({
  ...tiny,
  name: 'tunable',
  settings: { units: 8, learningRate: 0.01 },
  search: { units: { values: [2, 4, 8] }, learningRate: { from: 1e-4, to: 1e-1, scale: 'log' } },
  model: ({ vocabularySize, labels }, { units }) => ({
    input: { type: 'tokens', maxLength: 20 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 8, maskZero: true },
      { type: 'gru', units },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: ({ learningRate }) => ({
    epochs: 4,
    globalBatchSize: 32,
    shards: 2,
    optimizer: { type: 'adam', learningRate },
    clipNorm: 1,
  }),
});
