import { addingProblem } from '@unroll/datasets/adding-problem.ts';
import { defineRecipe } from '../recipe/recipe.ts';

const STEPS = 200;

/** Add the two marked numbers among two hundred; a model that forgets cannot. Always answering 1 has a mean error of 0.33. */
export default defineRecipe({
  name: 'adding',
  description: `The adding problem: the sum of two marked numbers among ${STEPS}.`,
  data: { type: 'encoded', load: (dice) => addingProblem({ samples: 12_000, steps: STEPS }, dice), validation: 0.1, test: 0.1 },
  model: ({ features, forecast }) => ({
    input: { type: 'features', features, maxLength: STEPS },
    layers: [
      { type: 'gru', units: 64 },
      { type: 'dense', units: 1 },
    ],
    task: { ...forecast, targets: [{ name: 'sum', mean: 0, scale: 1 }] },
  }),
  training: {
    epochs: 20,
    globalBatchSize: 64,
    shards: 2,
    optimizer: { type: 'adam', learningRate: 0.005 },
    clipNorm: 1,
    earlyStopping: { monitor: 'MAE sum', patience: 8 },
  },
});
