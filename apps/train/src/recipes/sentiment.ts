import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { defineRecipe } from '../recipe.ts';

/**
 * Is a review sentence positive or negative? An LSTM that reads left to right, so that it can say so after every word.
 * 2,085 sentences are few: words seen once are left to [UNK], and dropout is high everywhere.
 */
export default defineRecipe({
  name: 'sentiment',
  description: 'Tells positive from negative review sentences (Amazon, IMDB, Yelp).',
  data: { type: 'texts', load: loadReviewSentences, validation: 0.1, test: 0.2 },
  tokenizer: { numWords: 1800, oovToken: '[UNK]' },
  model: ({ vocabularySize, labels }) => ({
    input: { type: 'tokens', maxLength: 80 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 64, maskZero: true },
      { type: 'dropout', rate: 0.3, noise: 'steps' },
      { type: 'lstm', units: 48, returnSequences: true, dropout: 0.5 },
      { type: 'pooling', modes: ['average', 'max'] },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: {
    epochs: 20,
    globalBatchSize: 64,
    shards: 4,
    optimizer: { type: 'adam', learningRate: 0.003 },
    clipNorm: 1,
    earlyStopping: { patience: 4 },
  },
});
