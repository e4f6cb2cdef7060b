import * as tf from '@tensorflow/tfjs-core';
import { withZeroGradients } from '@unroll/ops/differentiable.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializerName, initializers } from '../weights/initializers.ts';
import type { WeightSpec } from '../weights/weight.ts';
import {
  asQuery,
  attentionFacts,
  attentionFloats,
  attentionInputs,
  attentionShapes,
  attentionWeights,
  dropWeights,
} from './attention-inputs.ts';
import { dropoutRate, layerOptions, type MergingLayer, type Shape } from './layer.ts';
import { project, projectionFloats } from './projection.ts';

export const multiHeadAttentionSpec = v.strictObject({
  type: v.literal('multiHeadAttention'),
  ...layerOptions,
  numHeads: positiveInt,
  /** Of each head's query and key. */
  keyDim: positiveInt,
  /** Of each head's value; keyDim if left out. */
  valueDim: v.exactOptional(positiveInt),
  useBias: v.optional(v.boolean(), true),
  /** Of the weights. */
  dropout: v.optional(dropoutRate, 0),
  /** Query t attends to steps 0..t only. */
  causal: v.optional(v.boolean(), false),
  kernelInitializer: v.optional(initializerName, 'glorotUniform'),
  biasInitializer: v.optional(initializerName, 'zeros'),
});
export type MultiHeadAttentionSpec = v.InferOutput<typeof multiHeadAttentionSpec>;

/**
 * Attention of several heads side by side, a query [B, Tq, Dq] to a value [B, Tv, Dv] → [B, Tq, Dq], or [B, Dq] for one query [B, Dq]:
 *
 *     head = softmax(q·Wq (k·Wk)ᵀ / √keyDim) · v·Wv
 *     y    = heads · Wo + b
 *
 * As keras.layers.MultiHeadAttention. Wq and Wk are Keras' kernels [D, numHeads, keyDim] as matrices, Wv [D, numHeads, valueDim], Wo
 * [numHeads, valueDim, Dq]; each projection has a bias. Padded steps have weight 0; the heads of a row without a real step give zeros.
 * Source: Vaswani et al. (2017), Attention Is All You Need.
 */
export function multiHeadAttention(spec: MultiHeadAttentionSpec, inputs: readonly Shape[]): MergingLayer {
  const { numHeads, keyDim, valueDim = keyDim, dropout, causal } = spec;
  const shapes = attentionShapes(inputs, causal);
  const { query, key, value } = shapes;
  const [keyUnits, valueUnits] = [numHeads * keyDim, numHeads * valueDim];
  return {
    output: query,
    weights: [
      ...projection(spec, 'query', [query.features, numHeads, keyDim]),
      ...projection(spec, 'key', [key.features, numHeads, keyDim]),
      ...projection(spec, 'value', [value.features, numHeads, valueDim]),
      ...projection(spec, 'attentionOutput', [numHeads, valueDim, query.features]),
    ],
    ...attentionFacts(inputs, causal),
    cost([Tq = 1, Tv = 1]) {
      const perQuery = query.features * (keyUnits + valueUnits);
      const perStep = key.features * keyUnits + value.features * valueUnits;
      const projected =
        Tq * (projectionFloats(query.features, keyUnits) + projectionFloats(valueUnits, query.features)) +
        Tv * (projectionFloats(key.features, keyUnits) + projectionFloats(value.features, valueUnits));
      const arranged = Tq * 3 * (keyUnits + valueUnits) + Tv * 2 * (keyUnits + valueUnits);
      return {
        multiplyAdds: Tq * perQuery + Tv * perStep + Tq * Tv * (keyUnits + valueUnits),
        floats: projected + arranged + attentionFloats(shapes, Tq, Tv, numHeads),
      };
    },
    merge(own, activations, context) {
      const given = attentionInputs(activations, causal);
      const [B, Tq] = given.query.shape;
      const [asked] = activations as [(typeof activations)[0]];
      if (given.query.size === 0 || given.value.size === 0) {
        const read = [given.query, given.value, given.key, ...Object.values(own)];
        return asQuery(withZeroGradients(tf.zeros([B, Tq, query.features]), read), asked);
      }
      const projected = (x: tf.Tensor, name: string, units: number) =>
        project(x, own[`${name}/kernel`] as tf.Tensor, own[`${name}/bias`], units);
      const q = tf.mul(heads(projected(given.query, 'query', keyUnits), numHeads), 1 / Math.sqrt(keyDim));
      const k = heads(projected(given.key, 'key', keyUnits), numHeads);
      const v = heads(projected(given.value, 'value', valueUnits), numHeads);
      const allowed = given.allowed && tf.expandDims(given.allowed, 1);
      const weights = attentionWeights(tf.matMul(q, k, false, true), allowed) as tf.Tensor4D;
      const joined = tf.transpose(tf.matMul(dropWeights(weights, dropout, context), v), [0, 2, 1, 3]);
      const values = projected(tf.reshape(joined, [B, Tq, valueUnits]), 'attentionOutput', query.features);
      return { ...asQuery(values, asked), attention: weights };
    },
  };
}

/** [B, T, heads·size] → [B, heads, T, size]. */
function heads(x: tf.Tensor, count: number): tf.Tensor {
  const [B, T, units] = x.shape as [number, number, number];
  return tf.transpose(tf.reshape(x, [B, T, count, units / count]), [0, 2, 1, 3]);
}

/** A projection whose kernel has this shape in Keras. Only the output's kernel has the heads before its last axis alone. */
function projection(spec: MultiHeadAttentionSpec, name: string, kerasShape: readonly [number, number, number]): WeightSpec[] {
  const [first, second, third] = kerasShape;
  const units = name === 'attentionOutput' ? third : second * third;
  const kernelInitializer = initializers[spec.kernelInitializer];
  const kernel: WeightSpec = {
    name: `${name}/kernel`,
    shape: [(first * second * third) / units, units],
    initializer: (_, random) => kernelInitializer(kerasShape, random),
    trainable: true,
    int8: { gates: 1 },
  };
  const bias = { name: `${name}/bias`, shape: [units], initializer: initializers[spec.biasInitializer], trainable: true };
  return spec.useBias ? [kernel, bias] : [kernel];
}
