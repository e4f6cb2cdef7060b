import { optimizerSpec } from '@unroll/model/optimizers.ts';
import { scheduleSpec } from '@unroll/model/schedules.ts';
import { finite, positive, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

export const trainingSpec = v.strictObject({
  /** At most; early stopping usually ends sooner. */
  epochs: positiveInt,
  /** Samples a batch, over all shards; with bpttSteps, streams read side by side. */
  globalBatchSize: positiveInt,
  /** Parts a batch is cut into. Part of the recipe, not of the machine: the same for any number of workers. */
  shards: positiveInt,
  /** Batches whose gradients are summed before one step of the optimizer. */
  accumulate: v.optional(positiveInt, 1),
  /**
   * Truncated BPTT: the data is read in its order, in windows of so many steps that start from the state the one before left.
   * Without it every sample is read as a whole, from a state of zeros.
   */
  bpttSteps: v.optional(positiveInt),
  optimizer: optimizerSpec,
  /** How the optimizer's learning rate moves over the epochs above; constant, if left out. */
  schedule: v.optional(scheduleSpec),
  /** Gradients of a larger global norm are scaled down to it (Pascanu et al., 2013). */
  clipNorm: v.optional(positive),
  /** Each element of the gradient is held within ± this. */
  clipValue: v.optional(positive),
  /** The weights scored and kept are a moving average of those trained (Polyak & Juditsky, 1992). */
  ema: v.optional(v.strictObject({ decay: v.optional(v.pipe(finite, v.gtValue(0), v.ltValue(1)), 0.999) })),
  /** Share of a target's probability that is spread over all classes. */
  labelSmoothing: v.optional(v.pipe(finite, v.minValue(0), v.ltValue(1)), 0),
  /** A factor on each class's loss; 'balanced' makes every class count the same, as in scikit-learn. */
  classWeights: v.optional(v.union([v.literal('balanced'), v.array(positive)])),
  earlyStopping: v.optional(
    v.strictObject({
      /** 'loss', or one of the task's figures on the validation samples, such as 'accuracy'. */
      monitor: v.optional(v.string(), 'loss'),
      /** Epochs without a better value after which training ends; the best weights are kept. */
      patience: positiveInt,
    }),
  ),
});

export type TrainingSpec = v.InferOutput<typeof trainingSpec>;
