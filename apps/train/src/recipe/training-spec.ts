import { wantedEngines } from '@unroll/backend/engine.ts';
import { optimizerSpec } from '@unroll/model/optimizers.ts';
import { scheduleSpec } from '@unroll/model/schedules.ts';
import { gatheredMetricName } from '@unroll/model/tasks/gathered-metrics.ts';
import { trainingLossSpec } from '@unroll/model/tasks/training-loss.ts';
import { finite, positive, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

export const trainingSpec = v.strictObject({
  /** What computes; --engine and UNROLL_ENGINE override it. */
  engine: v.optional(v.picklist(wantedEngines)),
  /** The most epochs; early stopping usually ends sooner. */
  epochs: positiveInt,
  /** Samples per batch, over all shards; with bpttSteps, streams side by side. */
  globalBatchSize: positiveInt,
  /** The number of parts of a batch. It does not depend on the machine or the number of workers. */
  shards: positiveInt,
  /** The number of batches whose gradients are summed for one step of the optimizer. */
  accumulate: v.optional(positiveInt, 1),
  /**
   * Truncated BPTT: the data is read in order, in windows of this many steps. Each window starts from the state after the one before.
   * Without it every sample is read as a whole, from a state of zeros.
   */
  bpttSteps: v.optional(positiveInt),
  optimizer: optimizerSpec,
  /** The schedule of the learning rate over `epochs`; constant if left out. */
  schedule: v.optional(scheduleSpec),
  /** Gradients of a larger global norm are scaled down to it (Pascanu et al., 2013). */
  clipNorm: v.optional(positive),
  /** Each element of the gradient is clipped to ± this. */
  clipValue: v.optional(positive),
  /** Scores and keeps a moving average of the trained weights (Polyak & Juditsky, 1992). */
  ema: v.optional(v.strictObject({ decay: v.optional(v.pipe(finite, v.gtValue(0), v.ltValue(1)), 0.999) })),
  /** The loss to train with in place of the task's own, which scores keep: { type: 'focal' }, { type: 'huber', delta: 1 }. */
  loss: v.optional(trainingLossSpec),
  /** Metrics beside those of the task: 'auc', 'macroF1', 'top5'. They may be monitored. */
  metrics: v.optional(v.array(gatheredMetricName)),
  /** Share of a target's probability that is spread over all classes. */
  labelSmoothing: v.optional(v.pipe(finite, v.minValue(0), v.ltValue(1)), 0),
  /** A factor on each class's loss; 'balanced' makes every class count the same, as in scikit-learn. */
  classWeights: v.optional(v.union([v.literal('balanced'), v.array(positive)])),
  earlyStopping: v.optional(
    v.strictObject({
      /** 'loss', or one of the task's metrics on the validation samples, such as 'accuracy'. */
      monitor: v.optional(v.string(), 'loss'),
      /** Training ends after this many epochs without a better value; the best weights are kept. */
      patience: positiveInt,
    }),
  ),
});

export type TrainingSpec = v.InferOutput<typeof trainingSpec>;
