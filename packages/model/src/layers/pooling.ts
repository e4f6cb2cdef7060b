import * as tf from '@tensorflow/tfjs-core';
import { z } from 'zod';
import { unstackSteps } from '../scan.ts';
import { type Activations, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

const poolingMode = z.enum(['average', 'max', 'last']);
type PoolingMode = z.infer<typeof poolingMode>;

export const poolingSpec = z.strictObject({
  type: z.literal('pooling'),
  ...layerOptions,
  /** Summaries over time, side by side in the output. */
  modes: z.array(poolingMode).min(1),
});

/**
 * Summarizes a sequence over its real steps: [B, T, D] → [B, modes·D]. As keras.layers.GlobalAveragePooling1D and
 * GlobalMaxPooling1D, save that max leaves padded steps out too. With everyStep the summaries run: output t covers
 * steps 0..t. A sequence without a real step gives zeros.
 */
export function pooling({ modes }: z.infer<typeof poolingSpec>, input: Shape): Layer {
  const { features } = expectShape(input, ['sequence']);
  return {
    output: { kind: 'vector', features: modes.length * features },
    weights: [],
    causal: true,
    apply(_, activations, { everyStep }) {
      const pool = everyStep ? runningPool : wholePool;
      const pooled = modes.map((mode) => pool[mode](activations));
      return { values: tf.concat(pooled, -1), ...(everyStep && { mask: activations.mask }) };
    },
  };
}

/** Below every float32 that a network produces, yet finite: a masked step never wins. */
const LOWEST = -3e38;

/** The mask as float32 [B, T, 1]. */
const weightsOf = (mask: tf.Tensor2D) => tf.expandDims(tf.cast(mask, 'float32'), 2);

/** Where a step is padded, `padding` instead of the value. */
function padded(values: tf.Tensor, mask: tf.Tensor2D, padding: number): tf.Tensor {
  const wide = tf.cast(tf.mul(weightsOf(mask), tf.ones(values.shape)), 'bool');
  return tf.where(wide, values, tf.fill(values.shape, padding));
}

const wholePool: Record<PoolingMode, (input: Activations) => tf.Tensor> = {
  average({ values, mask }) {
    if (!mask) return tf.mean(values, 1);
    const weights = weightsOf(mask);
    return tf.div(tf.sum(tf.mul(values, weights), 1), tf.maximum(tf.sum(weights, 1), 1));
  },
  max({ values, mask }) {
    if (!mask) return tf.max(values, 1);
    const any = tf.max(weightsOf(mask), 1);
    return tf.mul(tf.max(padded(values, mask, LOWEST), 1), any);
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
