import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/**
 * For `unroll compare`: every remedy for training as a setting, off by default, on a network large enough to need them.
 * sgd: 1 is SGD with momentum, whose step grows with the gradient's size.
 * schedule: 0 constant, 1 step, 2 exponential, 3 cosine, 4 one-cycle, 5 reduce-on-plateau.
 */
export default defineRecipe({
  name: 'remedies',
  description: 'Classifies review sentences; every remedy for training is a setting.',
  data: { type: 'texts', load: loadReviewSentences, validation: 0.15, test: 0.15 },
  tokenizer: { numWords: 1800, oovToken: '[UNK]' },
  settings: {
    ...{ dropout: 0, recurrentDropout: 0, batchNormalization: 0, layerNormalization: 0 },
    ...{ clipNorm: 0, clipValue: 0, weightDecay: 0, ema: 0, labelSmoothing: 0, positiveWeight: 1 },
    ...{ schedule: 0, warmup: 0, patience: 0, learningRate: 0.003, sgd: 0 },
  },
  model: ({ vocabularySize, labels }, { dropout, recurrentDropout, batchNormalization, layerNormalization }) => ({
    input: { type: 'tokens', maxLength: 80 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 64, maskZero: true },
      { type: 'dropout', rate: dropout, noise: 'steps' },
      { type: 'lstm', units: 64, returnSequences: true, dropout, recurrentDropout },
      ...(layerNormalization ? [{ type: 'layerNormalization' as const }] : []),
      { type: 'pooling', modes: ['average', 'max'] },
      ...(batchNormalization ? [{ type: 'batchNormalization' as const, momentum: 0.9 }] : []),
      { type: 'dropout', rate: dropout },
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
  training: ({ learningRate, weightDecay, schedule, warmup, clipNorm, clipValue, ema, labelSmoothing, positiveWeight, patience, sgd }) => ({
    epochs: 12,
    globalBatchSize: 64,
    shards: 2,
    optimizer: sgd
      ? { type: 'sgd', learningRate, momentum: 0.9 }
      : weightDecay
        ? { type: 'adamW', learningRate, weightDecay }
        : { type: 'adam', learningRate },
    schedule: (
      [
        { type: 'constant', warmup },
        { type: 'step', stepSize: 4, gamma: 0.3, warmup },
        { type: 'exponential', gamma: 0.7, warmup },
        { type: 'cosine', warmup },
        { type: 'oneCycle' },
        { type: 'reduceOnPlateau', factor: 0.3, patience: 1, warmup },
      ] as const
    )[schedule],
    ...(clipNorm && { clipNorm }),
    ...(clipValue && { clipValue }),
    ...(ema && { ema: { decay: ema } }),
    labelSmoothing,
    ...(positiveWeight !== 1 && { classWeights: [1, positiveWeight] }),
    ...(patience && { earlyStopping: { patience } }),
  }),
});
