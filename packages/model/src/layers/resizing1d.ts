/** Layers that add or remove steps. */
import * as tf from '@tensorflow/tfjs-core';
import { withZeroGradients } from '@unroll/ops/differentiable.ts';
import { int, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { expectShape, type Layer, layerOptions, type Shape } from './layer.ts';
import { maskOf, placedFloats, placeSteps, readMask } from './windows.ts';

const steps = v.pipe(int, v.minValue(0));
/** Steps on both sides, or [before, after]. */
const sides = v.optional(v.union([steps, v.pipe(v.array(steps), v.length(2))]), 1);

export const resizing1dSpec = v.variant('type', [
  v.strictObject({ type: v.literal('upSampling1d'), ...layerOptions, size: v.optional(positiveInt, 2) }),
  v.strictObject({ type: v.literal('zeroPadding1d'), ...layerOptions, padding: sides }),
  v.strictObject({ type: v.literal('cropping1d'), ...layerOptions, cropping: sides }),
]);
type ResizingSpec = v.InferOutput<typeof resizing1dSpec>;

/** Steps of a sequence before and after. */
interface Resizing {
  repeats: number;
  before: number;
  after: number;
}

/**
 * [B, T, features] → [B, T·size, features] with each step `size` times (upSampling1d), or with steps of zeros added before and after
 * (zeroPadding1d), or with steps removed there (cropping1d). The end of a sequence is its last real step, so that a padded batch has the
 * steps of each sequence by itself. As keras.layers.UpSampling1D, ZeroPadding1D and Cropping1D.
 */
export function resizing1d(spec: ResizingSpec, input: Shape): Layer {
  const shape = expectShape(input, ['sequence']);
  const { repeats, before, after } = resizingOf(spec);
  const { features } = shape;
  const stepsFor = (steps: number) => Math.max(0, steps * repeats + before + after);
  const steps = shape.steps === undefined ? undefined : stepsFor(shape.steps);
  if (steps === 0) throw new Error(`expected more than ${-before - after} steps, which it removes, got ${shape.steps}`);
  return {
    output: { ...shape, steps },
    weights: [],
    causal: false,
    resumes: false,
    outputSteps: stepsFor,
    cost(own) {
      const count = stepsFor(own);
      const values = spec.type === 'upSampling1d' ? (own + 2 * count) * features : placedFloats(own, features, count);
      return { multiplyAdds: 0, floats: values + count };
    },
    apply(_, { values, mask }) {
      const [B, T] = values.shape as [number, number];
      const count = stepsFor(T);
      const next = mask && resizedMask(mask, { repeats, before, after }, count);
      if (values.size === 0 || count === 0) return { values: withZeroGradients(tf.zeros([B, count, features]), [values]), mask: next };
      if (spec.type !== 'upSampling1d') {
        return { values: placeSteps(values as tf.Tensor3D, mask, new Array(B).fill(before), count), mask: next };
      }
      const rows = tf.reshape(values, [B, T, 1, features]);
      return { values: tf.reshape(tf.concat(new Array(repeats).fill(rows), 2), [B, count, features]), mask: next };
    },
  };
}

function resizingOf(spec: ResizingSpec): Resizing {
  if (spec.type === 'upSampling1d') return { repeats: spec.size, before: 0, after: 0 };
  const given = spec.type === 'zeroPadding1d' ? spec.padding : spec.cropping;
  const [before = 0, after = before] = typeof given === 'number' ? [given] : given;
  return spec.type === 'zeroPadding1d' ? { repeats: 1, before, after } : { repeats: 1, before: 0 - before, after: 0 - after };
}

/** Added steps are real; steps beyond a sequence's own end are not. */
function resizedMask(mask: tf.Tensor2D, { repeats, before, after }: Resizing, count: number): tf.Tensor2D {
  const [B, T] = mask.shape;
  const { real, lengths } = readMask(mask);
  return maskOf(B, count, (b, t) => {
    const length = lengths[b] as number;
    if (t >= length * repeats + before + after) return false;
    const from = Math.floor((t - before) / repeats);
    return from < 0 || from >= length || real[b * T + from] === 1;
  });
}
