import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/** The sentiment task cut down to a few seconds: real sentences, a small model with batch statistics and every dropout. */
export default defineRecipe({
  name: 'tiny',
  description: 'A few hundred review sentences and a small model, for tests.',
  data: {
    type: 'texts',
    load: () => {
      const whole = loadReviewSentences();
      return { ...whole, samples: whole.samples.filter((_, i) => i % 10 === 0) };
    },
    validation: 0.15,
    test: 0.2,
  },
  tokenizer: { numWords: 300, oovToken: '[UNK]' },
  model: ({ vocabularySize, labels }) => ({
    input: { type: 'tokens', maxLength: 20 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 8, maskZero: true },
      { type: 'dropout', rate: 0.1, noise: 'steps' },
      { type: 'gru', units: 8, returnSequences: true, dropout: 0.1, recurrentDropout: 0.1 },
      { type: 'batchNormalization' },
      { type: 'pooling', modes: ['average', 'max'] },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: {
    epochs: 2,
    globalBatchSize: 32,
    shards: 4,
    optimizer: { type: 'adam', learningRate: 0.01 },
    clipNorm: 1,
    earlyStopping: { patience: 2 },
  },
});
