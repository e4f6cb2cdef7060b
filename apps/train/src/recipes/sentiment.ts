import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/**
 * Is a review sentence positive or negative? An LSTM that reads left to right, so that it can say so after every word.
 * 2,085 sentences are few: words seen once are left to [UNK], and dropout is high everywhere.
 */
export default defineRecipe({
  name: 'sentiment',
  description: 'Tells positive from negative review sentences (Amazon, IMDB, Yelp).',
  data: { type: 'texts', load: loadReviewSentences, validation: 0.1, test: 0.2 },
  tokenizer: { numWords: 1800, oovToken: '[UNK]' },
  settings: { embedding: 64, units: 48, dropout: 0.5, learningRate: 0.003 },
  search: {
    embedding: { values: [16, 32, 64, 128] },
    units: { values: [8, 16, 32, 48, 64, 96] },
    dropout: { from: 0.1, to: 0.7 },
    learningRate: { from: 5e-4, to: 2e-2, scale: 'log' },
  },
  model: ({ vocabularySize, labels }, { embedding, units, dropout }) => ({
    input: { type: 'tokens', maxLength: 80 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: embedding, maskZero: true },
      { type: 'dropout', rate: 0.3, noise: 'steps' },
      { type: 'lstm', units, returnSequences: true, dropout },
      { type: 'pooling', modes: ['average', 'max'] },
      { type: 'dropout', rate: dropout },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: ({ learningRate }) => ({
    epochs: 20,
    globalBatchSize: 64,
    shards: 4,
    optimizer: { type: 'adam', learningRate },
    clipNorm: 1,
    earlyStopping: { patience: 4 },
  }),
});
