import { copyTask } from '@unroll/datasets/copy-task.ts';
import { defineRecipe } from '../recipe/recipe.ts';

const ALPHABET = 8;
const SYMBOLS = 4;
const DELAY = 191;

/** Repeat four letters after two hundred steps; a guess is right once in eight times. */
export default defineRecipe({
  name: 'copy',
  description: `The copy task: repeat ${SYMBOLS} letters after ${DELAY} blanks.`,
  data: {
    type: 'encoded',
    load: (dice) => copyTask({ samples: 8000, symbols: SYMBOLS, alphabet: ALPHABET, delay: DELAY }, dice),
    validation: 0.1,
    test: 0.1,
  },
  model: ({ vocabularySize }) => ({
    input: { type: 'tokens', maxLength: 2 * SYMBOLS + DELAY + 1 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 16, embeddingsInitializer: 'standardNormal' },
      { type: 'gru', units: 64, returnSequences: true, chronoSteps: 2 * DELAY },
      { type: 'dense', units: ALPHABET },
    ],
    task: { type: 'tag', labels: Array.from({ length: ALPHABET }, (_, i) => String.fromCharCode(97 + i)) },
  }),
  training: {
    epochs: 30,
    globalBatchSize: 64,
    shards: 2,
    optimizer: { type: 'adam', learningRate: 0.005 },
    clipNorm: 1,
    earlyStopping: { monitor: 'accuracy', patience: 10 },
  },
});
