import { loadTransDeEn } from '@unroll/datasets/trans-de-en.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/**
 * Sequence to sequence (Sutskever et al., 2014) with attention (Bahdanau et al., 2015): the encoder's final state starts the decoder, and each
 * step of the decoder reads the encoder's steps. The data are not part of Unroll; install them with `apt-get install trans-de-en`.
 */
export default defineRecipe({
  name: 'translate-de-en',
  description: 'Translates short German sentences into English.',
  data: { type: 'pairs', load: () => loadTransDeEn(), validation: 0.05, test: 0.1 },
  settings: { embedding: 96, units: 192, dropout: 0.3 },
  search: { units: { values: [128, 192, 256] }, dropout: { from: 0.1, to: 0.5 } },
  tokenizer: { minCount: 2, oovToken: '[UNK]' },
  model: ({ source, target }, { embedding, units, dropout }) => ({
    inputs: { source: { type: 'tokens', maxLength: 24 }, target: { type: 'tokens', maxLength: 16 } },
    layers: [
      { type: 'embedding', from: 'source', inputDim: source.vocabularySize, outputDim: embedding, maskZero: true },
      { type: 'dropout', rate: dropout },
      { type: 'bidirectional', name: 'encoder', layer: { type: 'gru', units: units / 2, returnSequences: true } },
      { type: 'embedding', from: 'target', inputDim: target.vocabularySize, outputDim: embedding, maskZero: true },
      { type: 'dropout', rate: dropout },
      { type: 'gru', name: 'decoder', units, returnSequences: true, initialState: 'encoder' },
      { type: 'attention', name: 'attention', from: ['decoder', 'encoder'], score: 'additive', units: units / 2 },
      { type: 'concatenate', from: ['decoder', 'attention'] },
      { type: 'dense', units, activation: 'tanh' },
      { type: 'dropout', rate: dropout },
      { type: 'dense', units: target.vocabularySize },
    ],
    task: { type: 'translate', start: target.start, end: target.end },
  }),
  training: {
    epochs: 20,
    globalBatchSize: 64,
    shards: 4,
    optimizer: { type: 'adam', learningRate: 0.003 },
    schedule: { type: 'cosine', warmup: 0.03, minFactor: 0.02 },
    clipNorm: 1,
    labelSmoothing: 0.1,
  },
});
