/** Layers that give the numbers of an input another shape. */
import * as tf from '@tensorflow/tfjs-core';
import { int, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { describeShape, expectShape, type Layer, layerOptions, type Shape } from './layer.ts';

export const reshapingSpec = v.variant('type', [
  v.strictObject({ type: v.literal('flatten'), ...layerOptions }),
  v.strictObject({
    type: v.literal('reshape'),
    ...layerOptions,
    /** [features] of a vector or [steps, features] of a sequence; one of them may be -1, which stands for what is left. */
    targetShape: v.pipe(v.array(v.pipe(int, v.minValue(-1), v.notValue(0))), v.minLength(1), v.maxLength(2)),
  }),
  v.strictObject({
    type: v.literal('permute'),
    ...layerOptions,
    /** The axes in their new order, counted from 1: [2, 1] swaps steps and features. */
    dims: v.pipe(v.array(positiveInt), v.length(2)),
  }),
  v.strictObject({ type: v.literal('repeatVector'), ...layerOptions, n: positiveInt }),
]);
type ReshapingSpec = v.InferOutput<typeof reshapingSpec>;

/**
 * Each needs the steps of a sequence to be fixed, and then every step of the input counts, padded or not: the output has no mask.
 *
 *     flatten        [B, T, D] → [B, T·D]
 *     reshape        [B, T, D] or [B, D] → targetShape, row-major
 *     permute        [B, T, D] → [B, D, T]
 *     repeatVector   [B, D] → [B, n, D]
 *
 * As keras.layers.Flatten, Reshape, Permute and RepeatVector.
 */
export function reshaping(spec: ReshapingSpec, input: Shape): Layer {
  const output = outputOf(spec, input);
  const sizes = output.kind === 'vector' ? [output.features] : [output.steps, output.features];
  const floats = sizes.reduce((size, axis) => size * axis, 1);
  return {
    output,
    weights: [],
    causal: false,
    resumes: false,
    outputSteps: () => (output.kind === 'vector' ? 1 : output.steps),
    cost: () => ({ multiplyAdds: 0, floats: 2 * floats }),
    apply(_, { values }) {
      const B = values.shape[0] as number;
      const wide = spec.type === 'repeatVector' ? tf.concat(new Array(spec.n).fill(values), 1) : values;
      const ordered = spec.type === 'permute' && spec.dims[0] === 2 ? tf.transpose(wide, [0, 2, 1]) : wide;
      return { values: tf.reshape(ordered, [B, ...sizes]) };
    },
  };
}

type Fixed = { kind: 'vector'; features: number } | { kind: 'sequence'; steps: number; features: number };

/** @throws if the input has no fixed length, or not the numbers of the output. */
function outputOf(spec: ReshapingSpec, input: Shape): Fixed {
  if (spec.type === 'repeatVector') return { kind: 'sequence', steps: spec.n, features: expectShape(input, ['vector']).features };
  const shape = fixed(expectShape(input, spec.type === 'permute' ? ['sequence'] : ['sequence', 'vector']));
  const size = shape.features * (shape.kind === 'sequence' ? shape.steps : 1);
  if (spec.type === 'flatten') return { kind: 'vector', features: size };
  if (spec.type === 'reshape') return reshaped(spec.targetShape, size, shape);
  if ([...spec.dims].sort().join() !== '1,2') throw new Error(`expected dims [1, 2] or [2, 1], got [${spec.dims.join(', ')}]`);
  const { steps, features } = shape as Extract<Fixed, { kind: 'sequence' }>;
  return spec.dims[0] === 2 ? { kind: 'sequence', steps: features, features: steps } : { kind: 'sequence', steps, features };
}

function fixed(shape: Extract<Shape, { kind: 'vector' | 'sequence' }>): Fixed {
  if (shape.kind === 'vector') return shape;
  const { steps } = shape;
  if (steps !== undefined) return { ...shape, steps };
  throw new Error(
    `expected a sequence of a fixed length, got ${describeShape(shape)} of any length; set fixedLength on the input or add padSequences`,
  );
}

function reshaped(target: readonly number[], size: number, from: Fixed): Fixed {
  const known = target.reduce((product, axis) => (axis === -1 ? product : product * axis), 1);
  const axes = target.map((axis) => (axis === -1 ? size / known : axis));
  const isWhole = axes.every(Number.isInteger) && axes.reduce((product, axis) => product * axis, 1) === size;
  if (!isWhole || target.filter((axis) => axis === -1).length > 1) {
    const got = from.kind === 'sequence' ? `${from.steps} steps of ${from.features}` : `${from.features}`;
    throw new Error(`expected a targetShape of ${size} numbers (${got}), got [${target.join(', ')}]`);
  }
  const [first = 1, second] = axes;
  return second === undefined ? { kind: 'vector', features: first } : { kind: 'sequence', steps: first, features: second };
}
