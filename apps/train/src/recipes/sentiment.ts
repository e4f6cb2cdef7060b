import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { loadScoredSnippets } from '@unroll/datasets/scored-snippets.ts';
import { classOf, type TextDataset } from '@unroll/datasets/text-sample.ts';
import { loadWordVectors } from '@unroll/datasets/word-vectors.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/**
 * Is a review sentence positive or negative? The LSTM reads left to right, so that it has an answer after every word.
 *
 * On 2,085 sentences alone naive Bayes does as well as a network. Two things put the network ahead: 23,000 snippets that people scored,
 * each with a probability instead of a label, and an embedding that starts from word vectors. docs/sentiment.md shows the effect of
 * each setting.
 */
export default defineRecipe({
  name: 'sentiment',
  description: 'Classifies review sentences as positive or negative (Amazon, IMDB, Yelp).',
  settings: {
    /** 1: trains on the scored snippets too. */
    snippets: 1,
    /** 1: a snippet's target is a probability; 0: positive or negative. */
    soft: 1,
    /** How often an epoch shows each review sentence. */
    repeat: 4,
    /** 1: the embedding starts from word vectors. */
    vectors: 1,
    /** Words that occur less often are [UNK]. */
    minCount: 2,
    /** 1: n't, 's and the like are words of their own. */
    contractions: 1,
    units: 48,
    stepDropout: 0.2,
    inputDropout: 0.3,
    outputDropout: 0.5,
    learningRate: 0.003,
    epochs: 6,
  },
  search: {
    units: { values: [32, 48, 64, 96] },
    stepDropout: { from: 0, to: 0.4 },
    inputDropout: { from: 0, to: 0.5 },
    outputDropout: { from: 0.2, to: 0.7 },
    learningRate: { from: 5e-4, to: 1e-2, scale: 'log' },
  },
  data: ({ snippets, soft, repeat }) => ({
    type: 'texts',
    load: loadReviewSentences,
    extra: snippets ? () => (soft ? loadScoredSnippets() : withLabels(loadScoredSnippets())) : undefined,
    repeat,
    validation: 0.1,
    test: 0.2,
  }),
  tokenizer: ({ minCount, contractions }) => ({ minCount, splitContractions: contractions === 1, oovToken: '[UNK]' }),
  wordVectors: ({ vectors }) => (vectors ? loadWordVectors() : undefined),
  model: ({ vocabularySize, labels }, { units, stepDropout, inputDropout, outputDropout }) => ({
    input: { type: 'tokens', maxLength: 80 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 50, maskZero: true },
      { type: 'dropout', rate: stepDropout, noise: 'steps' },
      { type: 'lstm', units, returnSequences: true, dropout: inputDropout },
      { type: 'pooling', modes: ['average', 'max'] },
      { type: 'dropout', rate: outputDropout },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: ({ learningRate, epochs }) => ({
    epochs,
    globalBatchSize: 128,
    shards: 2,
    optimizer: { type: 'adam', learningRate },
    schedule: { type: 'cosine', warmup: 0.03 },
    clipNorm: 1,
  }),
});

/** Each text with only its most probable label. */
const withLabels = (dataset: TextDataset): TextDataset => ({
  ...dataset,
  samples: dataset.samples.map(({ text, label }) => ({ text, label: classOf(label) })),
});
