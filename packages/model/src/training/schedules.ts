import { finite, int, positive, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

const share = v.pipe(finite, v.minValue(0), v.maxValue(1));

/**
 * How the learning rate moves over a run of known length. Names and defaults are those of torch.optim.lr_scheduler;
 * `warmup` is the fraction of the run's steps in which the rate grows linearly from 0.
 */
export const scheduleSpec = v.variant('type', [
  v.strictObject({ type: v.literal('constant'), warmup: v.optional(share, 0) }),
  /** Multiplies the rate by gamma after every `stepSize` epochs. */
  v.strictObject({ type: v.literal('step'), stepSize: positiveInt, gamma: v.optional(positive, 0.1), warmup: v.optional(share, 0) }),
  /** Multiplies the rate by gamma over each epoch, step by step. */
  v.strictObject({ type: v.literal('exponential'), gamma: positive, warmup: v.optional(share, 0) }),
  /** Multiplies the rate by factor when the monitored score has not improved for more than patience epochs; never below minFactor of it. */
  v.strictObject({
    type: v.literal('reduceOnPlateau'),
    factor: v.optional(v.pipe(finite, v.gtValue(0), v.ltValue(1)), 0.1),
    patience: v.optional(v.pipe(int, v.minValue(0)), 10),
    minFactor: v.optional(share, 0),
    warmup: v.optional(share, 0),
  }),
  /** Follows half a cosine from the rate down to minFactor of it. */
  v.strictObject({ type: v.literal('cosine'), minFactor: v.optional(share, 0), warmup: v.optional(share, 0) }),
  /** Rises from rate / divFactor to the rate over the first pctStart of the run, then falls to rate / (divFactor · finalDivFactor). */
  v.strictObject({
    type: v.literal('oneCycle'),
    pctStart: v.optional(v.pipe(finite, v.gtValue(0), v.ltValue(1)), 0.3),
    divFactor: v.optional(positive, 25),
    finalDivFactor: v.optional(positive, 1e4),
  }),
]);
export type ScheduleSpec = v.InferOutput<typeof scheduleSpec>;

/** The learning rate of step 0, 1, 2 ... of a run. */
export type Schedule = (step: number) => number;

/** The steps of a run, and of an epoch. */
export interface RunLength {
  steps: number;
  stepsPerEpoch: number;
}

/**
 * @param learningRate the optimizer's: the rate before decay, and the peak of oneCycle.
 * Sources: Loshchilov & Hutter (2017), cosine; Smith & Topin (2018), one-cycle; Goyal et al. (2017), warmup.
 */
export function createSchedule(spec: ScheduleSpec, learningRate: number, { steps, stepsPerEpoch }: RunLength): Schedule {
  if (spec.type === 'oneCycle') return oneCycle(spec, learningRate, steps);
  const warmupSteps = Math.round(spec.warmup * steps);
  const decay = decayOf(spec, { steps: Math.max(1, steps - warmupSteps), stepsPerEpoch });
  return (step) => learningRate * (step < warmupSteps ? (step + 1) / warmupSteps : decay(step - warmupSteps));
}

/** The factor on the rate, counted from the end of the warmup. */
function decayOf(spec: Exclude<ScheduleSpec, { type: 'oneCycle' }>, { steps, stepsPerEpoch }: RunLength): Schedule {
  switch (spec.type) {
    case 'constant':
    // Reductions depend on scores, so the trainer applies them.
    case 'reduceOnPlateau':
      return () => 1;
    case 'step':
      return (step) => spec.gamma ** Math.floor(step / (spec.stepSize * stepsPerEpoch));
    case 'exponential':
      return (step) => spec.gamma ** (step / stepsPerEpoch);
    case 'cosine':
      return (step) => spec.minFactor + (1 - spec.minFactor) * descent(step / steps);
  }
}

/** From 1 at 0 to 0 at 1 along half a cosine. */
const descent = (share: number) => (1 + Math.cos(Math.PI * Math.min(share, 1))) / 2;

function oneCycle(
  { pctStart, divFactor, finalDivFactor }: Extract<ScheduleSpec, { type: 'oneCycle' }>,
  peak: number,
  steps: number,
): Schedule {
  const first = peak / divFactor;
  const last = first / finalDivFactor;
  // PyTorch's step of the peak.
  const turn = pctStart * steps - 1;
  return (step) => {
    if (turn > 0 && step <= turn) return peak + (first - peak) * descent(step / turn);
    return last + (peak - last) * descent((step - turn) / (steps - 1 - turn));
  };
}
