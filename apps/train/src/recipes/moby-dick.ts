import { loadMobyDick } from '@unroll/datasets/moby-dick.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/** Reads the book character by character, with the state carried from window to window. */
export default defineRecipe({
  name: 'moby-dick',
  description: 'Writes like Melville, character by character.',
  data: { type: 'corpus', load: loadMobyDick, validation: 0.05, test: 0.05 },
  // A character outside the training text is [UNK] and is scored too.
  tokenizer: { charLevel: true, lower: false, oovToken: '[UNK]' },
  model: ({ vocabularySize }) => ({
    input: { type: 'tokens', maxLength: 1_000_000 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 48, embeddingsInitializer: 'standardNormal' },
      { type: 'lstm', units: 320, returnSequences: true },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: vocabularySize },
    ],
    task: { type: 'generate' },
  }),
  training: {
    epochs: 10,
    globalBatchSize: 32,
    shards: 2,
    bpttSteps: 64,
    optimizer: { type: 'adam', learningRate: 0.008 },
    schedule: { type: 'cosine', warmup: 0.02, minFactor: 0.02 },
    clipNorm: 1,
  },
});
