import * as tf from '@tensorflow/tfjs-core';
import { withZeroGradients } from '@unroll/ops/differentiable.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { initializers } from '../weights/initializers.ts';
import type { WeightSpec } from '../weights/weight.ts';
import {
  type AttentionInputs,
  type AttentionShapes,
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

export const attentionSpec = v.strictObject({
  type: v.literal('attention'),
  ...layerOptions,
  score: v.optional(v.picklist(['dot', 'general', 'additive', 'concat']), 'dot'),
  /** Of score 'additive': query and key are projected to so many units before they are added. */
  units: v.exactOptional(positiveInt),
  /** A learned factor in the score. On by default for score 'additive', as in keras.layers.AdditiveAttention. */
  useScale: v.exactOptional(v.boolean()),
  /** Of the weights. */
  dropout: v.optional(dropoutRate, 0),
  /** Query t attends to steps 0..t only. */
  causal: v.optional(v.boolean(), false),
});
export type AttentionSpec = v.InferOutput<typeof attentionSpec>;
type Weights = Readonly<Record<string, tf.Tensor>>;

/**
 * For each step of a query [B, Tq, Dq], or for one query [B, Dq], a weighted mean of the steps of a value [B, Tv, Dv]:
 *
 *     y_t = Σ_s softmax_s(score(q_t, k_s)) · v_s          [B, Tq, Dv], or [B, Dv] for one query
 *
 *     dot        g · q·k                                  g []; only with useScale
 *     general    q·W·k                                    W [Dq, Dk]
 *     additive   Σ g ∘ tanh(q + k)                        g [D]
 *                Σ g ∘ tanh(q·W + k·U)                    W [Dq, units], U [Dk, units], g [units]; with `units`
 *     concat     c · Σ tanh(g · (q + k))                  g [], c []; g only with useScale
 *
 * The key is the value if `from` names none. Weights of padded steps are 0; a row without a real step gives zeros. Sources:
 * keras.layers.Attention and AdditiveAttention; general: Luong et al. (2015); additive with units: Bahdanau et al. (2015).
 */
export function attention(spec: AttentionSpec, inputs: readonly Shape[]): MergingLayer {
  const { score, dropout, causal } = spec;
  const shapes = attentionShapes(inputs, causal);
  checkScore(spec, shapes);
  const { features: Dv } = shapes.value;
  return {
    output: { ...shapes.query, features: Dv },
    weights: weightsOf(spec, shapes),
    ...attentionFacts(inputs, causal),
    cost([Tq = 1, Tv = 1]) {
      const scores = scoreCost(spec, shapes, Tq, Tv);
      return {
        multiplyAdds: scores.multiplyAdds + Tq * Tv * Dv,
        floats: scores.floats + attentionFloats(shapes, Tq, Tv) + Tq * Dv,
      };
    },
    merge(own, activations, context) {
      const given = attentionInputs(activations, causal);
      const { query, value, key, allowed } = given;
      const [B, Tq] = query.shape;
      const [asked] = activations as [(typeof activations)[0]];
      if (query.size === 0 || value.size === 0) {
        return asQuery(withZeroGradients(tf.zeros([B, Tq, Dv]), [query, value, key, ...Object.values(own)]), asked);
      }
      const weights = attentionWeights(scoreOf[score](given, own, spec), allowed) as tf.Tensor3D;
      const values = tf.matMul(dropWeights(weights, dropout, context), value);
      return { ...asQuery(values, asked), attention: weights };
    },
  };
}

const usesScale = ({ score, useScale }: AttentionSpec) => useScale ?? score === 'additive';

/** @throws if an option does not fit the score, or widths do not meet. */
function checkScore(spec: AttentionSpec, { query, key }: AttentionShapes): void {
  const { score, units, useScale } = spec;
  if (units !== undefined && score !== 'additive') throw new Error(`units apply to score 'additive', got score '${score}'; remove units`);
  if (useScale !== undefined && score === 'general')
    throw new Error("useScale does not apply to score 'general', whose kernel scales; remove it");
  if (score === 'general' || units !== undefined || query.features === key.features) return;
  const remedy = score === 'additive' ? "set 'units'" : "use score 'general'";
  throw new Error(
    `score '${score}': expected a query and a key of one width, got ${query.features} and ${key.features} features; ${remedy}`,
  );
}

const learned = { trainable: true } as const;
const glorotUniform = initializers.glorotUniform;
const matrix = (name: string, rows: number, columns: number): WeightSpec => ({
  name,
  shape: [rows, columns],
  initializer: glorotUniform,
  ...learned,
  int8: { gates: 1 },
});
const scalar = (name: string): WeightSpec => ({ name, shape: [], initializer: initializers.ones, ...learned });

function weightsOf(spec: AttentionSpec, { query, key }: AttentionShapes): WeightSpec[] {
  const { score, units } = spec;
  if (score === 'general') return [matrix('kernel', query.features, key.features)];
  const projections = units ? [matrix('query/kernel', query.features, units), matrix('key/kernel', key.features, units)] : [];
  const vector = { name: 'scale', shape: [units ?? query.features], initializer: glorotUniform, ...learned };
  const scale = usesScale(spec) ? [score === 'additive' ? vector : scalar('scale')] : [];
  return [...projections, ...scale, ...(score === 'concat' ? [scalar('concatScoreWeight')] : [])];
}

/** Scores [B, Tq, Tv]. */
const scoreOf: Record<AttentionSpec['score'], (inputs: AttentionInputs, weights: Weights, spec: AttentionSpec) => tf.Tensor> = {
  dot({ query, key }, { scale }) {
    const scores = tf.matMul(query, key, false, true);
    return scale ? tf.mul(scores, scale) : scores;
  },
  general({ query, key }, { kernel }) {
    return tf.matMul(project(query, kernel as tf.Tensor, undefined, key.shape[2]), key, false, true);
  },
  additive({ query, key }, { scale, 'query/kernel': W, 'key/kernel': U }, { units = 0 }) {
    const q = W ? project(query, W, undefined, units) : query;
    const k = U ? project(key, U, undefined, units) : key;
    return sumOver(tf.tanh(pairSums(q, k)), scale);
  },
  concat({ query, key }, { scale, concatScoreWeight }) {
    const sums = pairSums(query, key);
    return tf.mul(sumOver(tf.tanh(scale ? tf.mul(sums, scale) : sums), undefined), concatScoreWeight as tf.Tensor);
  },
};

/** q_t + k_s for each t and s: [B, Tq, Tv, D]. */
const pairSums = (query: tf.Tensor, key: tf.Tensor): tf.Tensor => tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1));

/** Σ scale ∘ x over the last axis. */
function sumOver(x: tf.Tensor, scale: tf.Tensor | undefined): tf.Tensor {
  if (!scale) return tf.sum(x, -1);
  const width = x.shape.at(-1) as number;
  return tf.reshape(tf.matMul(tf.reshape(x, [-1, width]), tf.reshape(scale, [width, 1])), x.shape.slice(0, -1));
}

/** What the scores of a row cost. */
function scoreCost({ score, units }: AttentionSpec, { query, key }: AttentionShapes, Tq: number, Tv: number) {
  const pairs = Tq * Tv;
  const dot = { multiplyAdds: pairs * key.features, floats: 2 * pairs };
  if (score === 'dot') return dot;
  if (score === 'general') {
    const projected = { multiplyAdds: Tq * query.features * key.features, floats: Tq * projectionFloats(query.features, key.features) };
    return { multiplyAdds: projected.multiplyAdds + dot.multiplyAdds, floats: projected.floats + dot.floats };
  }
  const width = units ?? query.features;
  const projections = units
    ? {
        multiplyAdds: (Tq * query.features + Tv * key.features) * units,
        floats: Tq * projectionFloats(query.features, units) + Tv * projectionFloats(key.features, units),
      }
    : { multiplyAdds: 0, floats: 0 };
  return {
    multiplyAdds: projections.multiplyAdds + pairs * width,
    floats: projections.floats + pairs * (3 * width + 2) + (Tq + Tv + 1) * width,
  };
}
