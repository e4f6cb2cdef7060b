/** What attention layers share: their inputs [query, value] or [query, value, key], and weights that padding and later steps do not get. */
import * as tf from '@tensorflow/tfjs-core';
import { type Activations, dropoutMask, expectShape, type LayerContext, type LayerOutput, type MergingLayer, type Shape } from './layer.ts';
import { placedFloats, placeSteps } from './windows.ts';

type Sequence = Extract<Shape, { kind: 'sequence' }>;

export interface AttentionShapes {
  query: Exclude<Shape, { kind: 'ids' }>;
  value: Sequence;
  key: Sequence;
}

/** @throws if the inputs are not those of an attention layer. */
export function attentionShapes(inputs: readonly Shape[], causal: boolean): AttentionShapes {
  const [query, value, key = value] = inputs;
  if (!query || !value || !key || inputs.length > 3) {
    throw new Error(
      `expected from: [query, value] or [query, value, key], got ${inputs.length} ${inputs.length === 1 ? 'input' : 'inputs'}`,
    );
  }
  const shapes = { query: expectInput('query', query, ['sequence', 'vector']), ...valuesOf(value, key) };
  if (causal && query.kind === 'vector') throw new Error('expected a sequence as the query of causal attention, got a vector');
  return shapes;
}

function valuesOf(value: Shape, key: Shape): { value: Sequence; key: Sequence } {
  const shapes = { value: expectInput('value', value, ['sequence']), key: expectInput('key', key, ['sequence']) };
  const [steps, keySteps] = [shapes.value.steps, shapes.key.steps];
  if (steps !== undefined && keySteps !== undefined && steps !== keySteps) {
    throw new Error(`expected a key for each step of the value, got ${keySteps} keys and ${steps} values`);
  }
  return shapes;
}

function expectInput<K extends Shape['kind']>(name: string, shape: Shape, kinds: readonly K[]) {
  try {
    return expectShape(shape, kinds);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

/**
 * Output t depends on query t, and on the whole value and key unless attention is causal. A piece of a sequence looks back at earlier
 * steps of value and key, so only the query may come in pieces.
 */
export const attentionFacts = (inputs: readonly Shape[], causal: boolean): Pick<MergingLayer, 'causal' | 'resumes'> => ({
  causal: inputs.map((_, i) => i === 0 || causal),
  resumes: inputs.map((_, i) => i === 0),
});

/** Inputs as sequences, zero at padded steps. */
export interface AttentionInputs {
  /** [B, Tq, Dq]; Tq is 1 for a vector. */
  query: tf.Tensor3D;
  /** [B, Tv, Dv]. */
  value: tf.Tensor3D;
  /** [B, Tv, Dk]. */
  key: tf.Tensor3D;
  /** [B or 1, Tq or 1, Tv or 1]: 1 where a query may attend to a step, 0 where it may not. Undefined if every query may attend to every step. */
  allowed: tf.Tensor3D | undefined;
}

/** @throws if key and value differ in steps. */
export function attentionInputs([query, value, key = value]: readonly Activations[], causal: boolean): AttentionInputs {
  const { values: q, mask: queryMask } = query as Activations;
  const { values: v, mask } = value as { values: tf.Tensor3D; mask?: tf.Tensor2D };
  const { values: k, mask: keyMask } = key as { values: tf.Tensor3D; mask?: tf.Tensor2D };
  if (k.shape[1] !== v.shape[1]) {
    throw new Error(`attention: expected a key for each step of the value, got ${k.shape[1]} keys and ${v.shape[1]} values`);
  }
  const sequence = (q.rank === 2 ? tf.expandDims(q, 1) : q) as tf.Tensor3D;
  const ownMask = q.rank === 2 ? undefined : queryMask;
  const cleanValue = withoutPadding(v, mask);
  return {
    query: withoutPadding(sequence, ownMask),
    value: cleanValue,
    key: k === v && keyMask === mask ? cleanValue : withoutPadding(k, keyMask),
    allowed: allowedSteps([sequence.shape[1], v.shape[1]], [ownMask, mask], causal),
  };
}

/** Zeros at padded steps, whatever they hold. */
function withoutPadding(values: tf.Tensor3D, mask: tf.Tensor2D | undefined): tf.Tensor3D {
  const [B, T] = values.shape;
  return mask && values.size > 0 ? placeSteps(values, mask, new Array(B).fill(0), T) : values;
}

/** Padded queries may attend to nothing, so that their outputs are zeros as in Keras. */
function allowedSteps(
  [Tq, Tv]: readonly [number, number],
  [queryMask, valueMask]: readonly (tf.Tensor2D | undefined)[],
  causal: boolean,
): tf.Tensor3D | undefined {
  const factors: tf.Tensor[] = [];
  if (queryMask) factors.push(tf.expandDims(tf.cast(queryMask, 'float32'), 2));
  if (valueMask) factors.push(tf.expandDims(tf.cast(valueMask, 'float32'), 1));
  if (causal) {
    const earlier = Float32Array.from({ length: Tq * Tv }, (_, i) => (i % Tv <= Math.floor(i / Tv) ? 1 : 0));
    factors.push(tf.tensor3d(earlier, [1, Tq, Tv]));
  }
  return factors.length > 0 ? (factors.reduce((product, factor) => tf.mul(product, factor)) as tf.Tensor3D) : undefined;
}

/** Keras' score of a step that a query may not attend to. */
const HIDDEN = -1e9;

/** softmax(scores) over the allowed steps; zeros for a query without one. `allowed` broadcasts to scores [..., Tq, Tv]. */
export function attentionWeights(scores: tf.Tensor, allowed: tf.Tensor | undefined): tf.Tensor {
  if (!allowed) return tf.softmax(scores);
  const hidden = tf.mul(tf.sub(1, allowed), HIDDEN);
  return tf.mul(tf.softmax(tf.add(scores, hidden)), allowed);
}

/** Inverted dropout of the weights, as in Keras. */
export function dropWeights(weights: tf.Tensor, rate: number, { training, random }: LayerContext): tf.Tensor {
  if (!training || rate === 0) return weights;
  return tf.mul(weights, tf.tensor(dropoutMask(weights.size, rate, random('mask')), weights.shape));
}

/** The output as its query is: a vector for a vector, with the query's mask for a sequence. */
export function asQuery(values: tf.Tensor, { values: query, mask }: Activations): LayerOutput {
  return query.rank === 2 ? { values: tf.squeeze(values, [1]) } : { values, mask };
}

/** Floats of attentionInputs and attentionWeights for a row. */
export function attentionFloats({ query, value, key }: AttentionShapes, Tq: number, Tv: number, heads = 1): number {
  const inputs = placedFloats(Tq, query.features, Tq) + placedFloats(Tv, value.features, Tv) + placedFloats(Tv, key.features, Tv);
  const allowed = 3 * Tv + 2 * Tq + 6 * Tq * Tv;
  return inputs + allowed + 4 * heads * Tq * Tv;
}
