import * as tf from '@tensorflow/tfjs-core';
import { differentiable, withZeroGradients } from '@unroll/ops/differentiable.ts';
import * as v from 'valibot';
import { unstackSteps } from '../cells/scan.ts';
import { type Activations, costPerStep, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

const poolingMode = v.picklist(['average', 'max', 'last']);
type PoolingMode = v.InferOutput<typeof poolingMode>;

export const poolingSpec = v.strictObject({
  type: v.literal('pooling'),
  ...layerOptions,
  /** Summaries over time, concatenated in this order. */
  modes: v.pipe(v.array(poolingMode), v.minLength(1)),
});

/**
 * Summarizes a sequence over its real steps: [B, T, D] → [B, modes·D]. A sequence without a real step gives zeros. With everyStep
 * output t summarizes steps 0..t; with a state the steps before count too. As keras.layers.GlobalAveragePooling1D and
 * GlobalMaxPooling1D, except that max leaves out padded steps.
 */
export function pooling({ modes }: v.InferOutput<typeof poolingSpec>, input: Shape): Layer {
  const { features } = expectShape(input, ['sequence']);
  return {
    output: { kind: 'vector', features: modes.length * features },
    weights: [],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: 12 * modes.length * features + 8 }),
    // The number of steps so far, then the summary of each mode.
    state: [1, ...modes.map(() => features)],
    apply(_, activations, { everyStep, state }) {
      if (state) return resumedPool(modes, activations, state, everyStep);
      if (activations.values.size === 0) return nothingPooled(modes, activations, everyStep);
      const pool = everyStep ? runningPool : wholePool;
      const pooled = modes.map((mode) => pool[mode](activations));
      return { values: tf.concat(pooled, -1), ...(everyStep && { mask: activations.mask }) };
    },
  };
}

/** Zeros for no step or no sequence. */
function nothingPooled(modes: readonly PoolingMode[], { values, mask }: Activations, everyStep: boolean) {
  const [batch, T, features] = values.shape as [number, number, number];
  const width = modes.length * features;
  const zeros = withZeroGradients(tf.zeros(everyStep ? [batch, T, width] : [batch, width]), [values]);
  return { values: zeros, ...(everyStep && { mask }) };
}

/** Finite, and below every value of a network: a padded step is never the maximum. */
export const LOWEST = -3e38;

/** The mask as float32 [B, T, 1]. */
const weightsOf = (mask: tf.Tensor2D) => tf.expandDims(tf.cast(mask, 'float32'), 2);

/** The values, with `padding` in place of padded steps. */
function padded(values: tf.Tensor, mask: tf.Tensor2D, padding: number): tf.Tensor {
  const wide = tf.cast(tf.mul(weightsOf(mask), tf.ones(values.shape)), 'bool');
  return tf.where(wide, values, tf.fill(values.shape, padding));
}

/** The maximum over time. Steps that tie share its gradient, as in Keras; tfjs would give each of them all of it. */
const largest = (steps: tf.Tensor): tf.Tensor =>
  differentiable(
    { steps },
    (given) => {
      const value = tf.max(given.steps, 1);
      return { value, saved: { steps: given.steps, value } };
    },
    (dValue, saved) => {
      const ties = tf.cast(tf.equal(saved.steps as tf.Tensor, tf.expandDims(saved.value as tf.Tensor, 1)), 'float32');
      return { steps: tf.mul(ties, tf.expandDims(tf.div(dValue, tf.sum(ties, 1)), 1)) };
    },
  );

const wholePool: Record<PoolingMode, (input: Activations) => tf.Tensor> = {
  average({ values, mask }) {
    if (!mask) return tf.mean(values, 1);
    const weights = weightsOf(mask);
    return tf.div(tf.sum(tf.mul(values, weights), 1), tf.maximum(tf.sum(weights, 1), 1));
  },
  max({ values, mask }) {
    if (!mask) return largest(values);
    const any = tf.max(weightsOf(mask), 1);
    return tf.mul(largest(padded(values, mask, LOWEST)), any);
  },
  last({ values, mask }) {
    const [batch, T] = values.shape as [number, number];
    if (!mask) return tf.reshape(tf.slice(values, [0, T - 1, 0], [-1, 1, -1]), [batch, -1]);
    const real = weightsOf(mask);
    const stepsToCome = tf.sub(tf.sum(real, 1, true), tf.cumsum(real, 1));
    const isLast = tf.mul(real, tf.relu(tf.sub(1, stepsToCome)));
    return tf.sum(tf.mul(values, isLast), 1);
  },
};

const runningPool: Record<PoolingMode, (input: Activations) => tf.Tensor> = {
  average({ values, mask }) {
    const weights = mask ? weightsOf(mask) : tf.ones([1, values.shape[1] as number, 1]);
    return tf.div(running(tf.add, tf.mul(values, weights)), tf.maximum(tf.cumsum(weights, 1), 1));
  },
  max({ values, mask }) {
    const peaks = running(tf.maximum, mask ? padded(values, mask, LOWEST) : values);
    return mask ? tf.mul(peaks, tf.minimum(tf.cumsum(weightsOf(mask), 1), 1)) : peaks;
  },
  last: ({ values }) => values,
};

/** Combines each step with all before it. (tf.cumsum's own gradient is wrong on any axis but the last.) */
function running(combine: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, values: tf.Tensor): tf.Tensor {
  const [first, ...rest] = unstackSteps(values as tf.Tensor3D);
  if (!first) return values;
  const results: tf.Tensor[] = [first];
  for (const step of rest) results.push(combine(results.at(-1) as tf.Tensor, step));
  return tf.stack(results, 1);
}

/** Summaries of all steps before and these. Works step by step: streams bring few at a time. */
function resumedPool(modes: readonly PoolingMode[], { values, mask }: Activations, state: readonly tf.Tensor2D[], everyStep: boolean) {
  const [batch, T, features] = values.shape as [number, number, number];
  const real = mask ? weightsOf(mask) : tf.ones<tf.Rank.R3>([batch, T, 1]);
  const weights = unstackSteps(real as tf.Tensor3D);
  const steps = unstackSteps(values as tf.Tensor3D);
  const [before = tf.zeros<tf.Rank.R2>([batch, 1]), ...summaries] = state;
  // Each holds its start, then its value after each step.
  const counts = follow(before, weights, (count, weight) => tf.add(count, weight));
  const runs = modes.map((mode, m) => {
    const start = summaries[m] ?? tf.fill<tf.Rank.R2>([batch, features], mode === 'max' ? LOWEST : 0);
    return follow(start, steps, (summary, step, t) => combineStep[mode](summary, step, weights[t] as tf.Tensor));
  });
  const pooledAfter = (stepsRead: number) => {
    const count = counts[stepsRead] as tf.Tensor;
    const pooled = modes.map((mode, m) => {
      const summary = runs[m]?.[stepsRead] as tf.Tensor;
      if (mode === 'average') return tf.div(summary, tf.maximum(count, 1));
      return mode === 'max' ? tf.mul(summary, tf.minimum(count, 1)) : summary;
    });
    return tf.concat(pooled, -1);
  };
  const everyPrefix = () => {
    if (T === 0) return tf.zeros([batch, 0, modes.length * features]);
    return tf.stack(
      weights.map((_, t) => pooledAfter(t + 1)),
      1,
    );
  };
  return {
    values: everyStep ? everyPrefix() : pooledAfter(T),
    state: [counts, ...runs].map((run) => run[T] as tf.Tensor2D),
    ...(everyStep && { mask }),
  };
}

/** A summary with one more step; unchanged if the step's weight is 0. */
const combineStep: Record<PoolingMode, (summary: tf.Tensor, step: tf.Tensor, weight: tf.Tensor) => tf.Tensor> = {
  average: (sum, step, weight) => tf.add(sum, tf.mul(step, weight)),
  max: (peak, step, weight) => tf.maximum(peak, tf.add(tf.mul(step, weight), tf.mul(tf.sub(1, weight), LOWEST))),
  last: (last, step, weight) => tf.add(tf.mul(step, weight), tf.mul(last, tf.sub(1, weight))),
};

/** The start, then the summary after each step. */
function follow(start: tf.Tensor, steps: readonly tf.Tensor[], combine: (summary: tf.Tensor, step: tf.Tensor, t: number) => tf.Tensor) {
  const summaries = [start];
  for (const [t, step] of steps.entries()) summaries.push(combine(summaries[t] as tf.Tensor, step, t));
  return summaries;
}
