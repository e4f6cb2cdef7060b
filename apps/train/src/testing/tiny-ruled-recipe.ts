import { defineRecipe } from '../recipe/recipe.ts';
import tiny from './tiny-recipe.ts';

/** The tiny recipe with a frozen layer, regularizers, constraints, a weight decay that leaves out biases, and metrics of gathered rows. */
export default defineRecipe({
  ...tiny,
  name: 'tiny-ruled',
  model: ({ vocabularySize, labels }) => ({
    input: { type: 'tokens', maxLength: 20 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 40, maskZero: true, trainable: false },
      {
        type: 'gru',
        units: 120,
        recurrentActivation: 'hardSigmoid',
        kernelRegularizer: { type: 'l1l2', l1: 1e-4, l2: 1e-3 },
        recurrentConstraint: { type: 'maxNorm', maxValue: 0.9 },
        biasConstraint: { type: 'nonNeg' },
      },
      { type: 'dense', units: 8, activation: 'gelu', kernelConstraint: { type: 'unitNorm' } },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: {
    globalBatchSize: 32,
    shards: 4,
    epochs: 1,
    accumulate: 2,
    optimizer: { type: 'adamW', learningRate: 0.003, weightDecay: 0.1, amsgrad: true, excludeFromWeightDecay: ['bias'] },
    ema: {},
    metrics: ['auc', 'macroF1'],
  },
});
