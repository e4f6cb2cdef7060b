import type { Pair } from '@unroll/datasets/pairs.ts';
import { defineRecipe } from '../recipe/recipe.ts';

const words = [
  ['eins', 'one'],
  ['zwei', 'two'],
  ['drei', 'three'],
  ['vier', 'four'],
  ['fünf', 'five'],
  ['sechs', 'six'],
  ['sieben', 'seven'],
  ['acht', 'eight'],
] as const;

/** All lists of two to four numbers below 9 that a step through the words gives, in German and in English. */
const pairs: Pair[] = Array.from({ length: 240 }, (_, i) => {
  const list = Array.from({ length: 2 + (i % 3) }, (_, at) => words[(i + at * (1 + (i >> 4))) % words.length] as (typeof words)[number]);
  return { source: list.map(([german]) => german).join(' '), target: list.map(([, english]) => english).join(' ') };
});

/** A translator of numbers that trains in a second, for tests. */
export default defineRecipe({
  name: 'tiny-translator',
  description: 'Numbers from German to English, for tests.',
  data: { type: 'pairs', load: () => ({ name: 'numbers', pairs, source: 'made up' }), validation: 0.15, test: 0.15 },
  tokenizer: { oovToken: '[UNK]' },
  model: ({ source, target }) => ({
    inputs: { source: { type: 'tokens', maxLength: 6 }, target: { type: 'tokens', maxLength: 6 } },
    layers: [
      { type: 'embedding', from: 'source', inputDim: source.vocabularySize, outputDim: 8, maskZero: true },
      { type: 'bidirectional', name: 'encoder', layer: { type: 'gru', units: 8, returnSequences: true } },
      { type: 'embedding', from: 'target', inputDim: target.vocabularySize, outputDim: 8, maskZero: true },
      { type: 'gru', name: 'decoder', units: 16, returnSequences: true, initialState: 'encoder', dropout: 0.1 },
      { type: 'attention', name: 'attention', from: ['decoder', 'encoder'], score: 'general' },
      { type: 'concatenate', from: ['decoder', 'attention'] },
      { type: 'dense', units: target.vocabularySize },
    ],
    task: { type: 'translate', start: target.start, end: target.end, beam: 3 },
  }),
  training: {
    epochs: 3,
    globalBatchSize: 32,
    shards: 3,
    optimizer: { type: 'adam', learningRate: 0.02 },
    clipNorm: 1,
    labelSmoothing: 0.05,
  },
});
