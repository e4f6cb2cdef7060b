import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/**
 * The pipeline of many articles on sentiment, in Keras:
 *
 *   Tokenizer(num_words=10000), pad_sequences(maxlen=100), LSTM(128), Dense(1, activation='sigmoid'),
 *   compile('adam', 'binary_crossentropy'), fit(epochs=10, batch_size=32)
 *
 * Articles often feed the ids straight into LSTM(128). Keras rejects that: an LSTM reads vectors [batch, time, features], and ids are
 * [batch, time]. This recipe adds an embedding. The sigmoid is in the task, which computes the loss from logits.
 */
export default defineRecipe({
  name: 'article',
  description: "Classifies review sentences as positive or negative with an article's plain pipeline.",
  data: { type: 'texts', load: loadReviewSentences, validation: 0.1, test: 0.2 },
  tokenizer: { numWords: 10_000 },
  model: ({ vocabularySize, labels }) => ({
    input: { type: 'tokens', maxLength: 1000 },
    layers: [
      { type: 'padSequences', maxlen: 100 },
      { type: 'embedding', inputDim: vocabularySize, outputDim: 128 },
      { type: 'lstm', units: 128 },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: { epochs: 10, globalBatchSize: 32, shards: 2, optimizer: { type: 'adam' } },
});
