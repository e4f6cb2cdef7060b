import * as tf from '@tensorflow/tfjs-core';
import { positive } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { dropout } from './dropout.ts';
import { costPerStep, dropoutRate, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const spatialDropout1dSpec = v.strictObject({ type: v.literal('spatialDropout1d'), ...layerOptions, rate: dropoutRate });

/** Dropout of whole features of a sequence, [B, T, features]. As keras.layers.SpatialDropout1D; dropout with noise 'features'. */
export function spatialDropout1d({ rate }: v.InferOutput<typeof spatialDropout1dSpec>, input: Shape): Layer {
  return dropout({ type: 'dropout', rate, noise: 'features' }, input);
}

export const gaussianNoiseSpec = v.strictObject({
  type: v.literal('gaussianNoise'),
  ...layerOptions,
  /** The standard deviation. */
  stddev: positive,
});

/** In training adds normal noise to each element, [B, features] or [B, T, features] → the same shape. As keras.layers.GaussianNoise. */
export function gaussianNoise({ stddev }: v.InferOutput<typeof gaussianNoiseSpec>, input: Shape): Layer {
  return {
    output: expectShape(input, ['vector', 'sequence']),
    weights: [],
    causal: true,
    resumes: true,
    cost: costPerStep({ floats: 0 }),
    apply(_, { values, mask }, { training, random }) {
      if (!training) return { values, mask };
      const normal = random('noise');
      const noise = Float32Array.from({ length: values.size }, () => normal.normal() * stddev);
      return { values: tf.add(values, tf.tensor(noise, values.shape)), mask };
    },
  };
}
