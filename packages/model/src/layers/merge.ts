import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import { type Activations, expectShape, layerOptions, type MergingLayer, type Shape } from './layer.ts';

const elementwise = ['add', 'subtract', 'multiply', 'average', 'maximum', 'minimum'] as const;
type Elementwise = (typeof elementwise)[number];

const elementwiseSpec = <T extends Elementwise>(type: T) => v.strictObject({ type: v.literal(type), ...layerOptions });

export const mergeSpec = v.variant('type', [
  v.strictObject({
    type: v.literal('concatenate'),
    ...layerOptions,
    /** -1: features side by side. 1: the steps of each input after those of the one before. */
    axis: v.optional(v.picklist([-1, 1]), -1),
  }),
  elementwiseSpec('add'),
  elementwiseSpec('subtract'),
  elementwiseSpec('multiply'),
  elementwiseSpec('average'),
  elementwiseSpec('maximum'),
  elementwiseSpec('minimum'),
]);
export type MergeSpec = v.InferOutput<typeof mergeSpec>;

/**
 * Several sequences [B, T, features] or several vectors [B, features] in one. A step is real if it is real in any input. As
 * keras.layers.Concatenate, Add, Subtract, Multiply, Average, Maximum and Minimum.
 */
export function merge(spec: MergeSpec, inputs: readonly Shape[]): MergingLayer {
  const shapes = inputs.map((input) => expectShape(input, ['sequence', 'vector']));
  const [first, second] = shapes;
  if (!first || !second) throw new Error(`expected at least two inputs, got ${inputs.length}; list them in 'from'`);
  if (shapes.some(({ kind }) => kind !== first.kind)) throw new Error('expected sequences only or vectors only, got both');
  if (spec.type === 'subtract' && shapes.length > 2) throw new Error(`expected two inputs, got ${inputs.length}`);
  const widths = shapes.map(({ features }) => features);
  const inTime = spec.type === 'concatenate' && spec.axis === 1;
  const sideBySide = spec.type === 'concatenate' && !inTime;
  if (!sideBySide && widths.some((width) => width !== first.features)) {
    throw new Error(`expected inputs of one width, got ${widths.join(', ')} features`);
  }
  if (inTime && first.kind === 'vector') throw new Error('expected sequences for axis 1, got vectors');
  const features = sideBySide ? widths.reduce((sum, width) => sum + width, 0) : first.features;
  const all = (value: boolean) => shapes.map(() => value);

  return {
    output: first.kind === 'vector' ? { kind: 'vector', features } : { kind: 'sequence', features, steps: commonSteps(shapes, inTime) },
    weights: [],
    // In time the steps of a later input come after all steps of the earlier ones.
    causal: all(!inTime),
    resumes: all(!inTime),
    ...(inTime && { outputSteps: (steps: readonly number[]) => steps.reduce((sum, own) => sum + own, 0) }),
    cost: ([steps = 1]) => ({ multiplyAdds: 0, floats: shapes.length * steps * features }),
    merge(_, activations) {
      const mask = inTime ? masksInTime(activations) : eitherMask(activations);
      const values = alignRanks(activations.map(({ values }) => values));
      if (spec.type === 'concatenate') return { values: tf.concat(values, spec.axis), mask };
      return { values: combine[spec.type](values), mask };
    },
  };
}

/** Elementwise results of tensors of one shape. */
const combine: Record<Elementwise, (values: readonly tf.Tensor[]) => tf.Tensor> = {
  add: (values) => values.reduce((sum, value) => tf.add(sum, value)),
  subtract: (values) => values.reduce((difference, value) => tf.sub(difference, value)),
  multiply: (values) => values.reduce((product, value) => tf.mul(product, value)),
  average: (values) => tf.mul(combine.add(values), 1 / values.length),
  maximum: (values) => values.reduce((largest, value) => tf.maximum(largest, value)),
  minimum: (values) => values.reduce((smallest, value) => tf.minimum(smallest, value)),
};

/** The steps of the output if they are fixed. @throws if the inputs' fixed steps differ. */
function commonSteps(shapes: readonly Shape[], inTime: boolean): number | undefined {
  const steps = shapes.map((shape) => (shape.kind === 'sequence' ? shape.steps : undefined));
  const known = steps.filter((own) => own !== undefined);
  if (inTime) return known.length === steps.length ? known.reduce((sum, own) => sum + own, 0) : undefined;
  if (known.some((own) => own !== known[0])) throw new Error(`expected inputs of one length, got ${known.join(', ')} steps`);
  return known[0];
}

/** With everyStep a layer may give a sequence where another gives one vector for all steps: the vector counts for each step. */
function alignRanks(values: tf.Tensor[]): tf.Tensor[] {
  const sequence = values.find(({ rank }) => rank === 3);
  if (!sequence || values.every(({ rank }) => rank === 3)) return values;
  const steps = sequence.shape[1] as number;
  return values.map((value) => (value.rank === 3 ? value : tf.mul(tf.expandDims(value, 1), tf.ones([1, steps, 1]))));
}

function eitherMask(activations: readonly Activations[]): tf.Tensor2D | undefined {
  const masks = activations.map(({ mask }) => mask);
  const [first] = masks;
  if (masks.some((mask) => mask === undefined)) return undefined;
  if (masks.every((mask) => mask === first)) return first;
  const real = (masks as tf.Tensor2D[]).map((mask) => tf.cast(mask, 'float32'));
  return tf.cast(
    real.reduce((either, mask) => tf.maximum(either, mask)),
    'bool',
  ) as tf.Tensor2D;
}

function masksInTime(activations: readonly Activations[]): tf.Tensor2D | undefined {
  if (activations.every(({ mask }) => mask === undefined)) return undefined;
  const masks = activations.map(({ values, mask }) => {
    const [batch, steps] = values.shape as [number, number];
    return tf.cast(mask ?? tf.ones([batch, steps]), 'float32') as tf.Tensor2D;
  });
  return tf.cast(tf.concat(masks, 1), 'bool');
}
