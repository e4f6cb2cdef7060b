import * as tf from '@tensorflow/tfjs-core';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { activationOf, activationSpec, activationTensors } from '../cells/activations.ts';
import { initializerName, initializers } from '../weights/initializers.ts';
import type { Random } from '../weights/random.ts';
import type { WeightSpec } from '../weights/weight.ts';
import { weightOptions, weightRules } from '../weights/weight-options.ts';
import { type Convolution, convolve, plainFloats } from './convolve.ts';
import { type Activations, expectShape, type Layer, type LayerOutput, layerOptions, type Shape } from './layer.ts';
import { maskOf, placedFloats, placeSteps, reachOf, readMask, type Windows, windowCount, windowedShape, windowsMask } from './windows.ts';

export const conv1dSpec = v.strictObject({
  type: v.literal('conv1d'),
  ...layerOptions,
  filters: positiveInt,
  kernelSize: positiveInt,
  strides: v.optional(positiveInt, 1),
  padding: v.optional(v.picklist(['valid', 'same', 'causal']), 'valid'),
  dilationRate: v.optional(positiveInt, 1),
  groups: v.optional(positiveInt, 1),
  activation: v.optional(activationSpec, 'linear'),
  useBias: v.optional(v.boolean(), true),
  kernelInitializer: v.optional(initializerName, 'glorotUniform'),
  biasInitializer: v.optional(initializerName, 'zeros'),
  ...weightOptions('kernel'),
  ...weightOptions('bias'),
});
type Conv1dSpec = v.InferOutput<typeof conv1dSpec>;

/**
 * A convolution over time, [B, T, C] → [B, windows, filters]:
 *
 *     y_t = activation(b + Σ_k x_{t·strides + k·dilationRate - before}·W_k)       W [kernelSize·C/groups, filters], b [filters]
 *
 * W is Keras' kernel [kernelSize, C/groups, filters] as a matrix, so a constraint's axis 0 is Keras' [0, 1]. A group of filters reads its
 * own group of channels. As keras.layers.Conv1D. Padded steps are read as zeros, and a sequence in a padded batch has the windows that it
 * has by itself.
 *
 * With causal padding and strides 1 a sequence may come in pieces: the state is the last (kernelSize - 1)·dilationRate steps, flat. With
 * larger strides there is no output after every step, so some pieces would not have an answer.
 */
export function conv1d(spec: Conv1dSpec, input: Shape): Layer {
  const shape = expectShape(input, ['sequence']);
  const { filters, kernelSize, strides, padding, dilationRate, groups, activation } = spec;
  const C = shape.features;
  if (C % groups !== 0) throw new Error(`expected features that ${groups} groups divide, got ${C}`);
  if (filters % groups !== 0) throw new Error(`expected filters that ${groups} groups divide, got ${filters}`);
  if (strides > 1 && dilationRate > 1)
    throw new Error(`strides ${strides} and dilationRate ${dilationRate} exclude each other; leave one at 1`);
  const windows: Windows = { size: kernelSize, strides, dilationRate, padding };
  const isCausal = padding === 'causal' && strides === 1;
  const before = reachOf(windows);
  return {
    output: windowedShape(shape, filters, windows),
    weights: weightsOf(spec, C),
    causal: isCausal,
    resumes: isCausal,
    ...(isCausal && before > 0 && { state: [before * C] }),
    outputSteps: (steps) => windowCount(windows, steps),
    cost(steps) {
      const count = windowCount(windows, steps);
      const floats = count * filters * (1 + activationTensors(activation));
      return {
        multiplyAdds: (count * kernelSize * C * filters) / groups,
        floats: floats + (isCausal ? resumedFloats(before, steps, C) : steps) + plainFloats({ windows, groups, filters }, steps, C),
      };
    },
    apply({ kernel, bias }, activations, { state }) {
      const convolution: Convolution = { kernel: kernel as tf.Tensor, bias, windows, groups, filters };
      const { values, ...rest } =
        state && before > 0
          ? resumed(convolution, activations, state[0])
          : { values: convolve(convolution, activations), mask: activations.mask && windowsMask(activations.mask, windows) };
      return { values: activationOf(activation)(values), ...rest };
    },
  };
}

function weightsOf(spec: Conv1dSpec, C: number): WeightSpec[] {
  const { filters, kernelSize, groups, useBias } = spec;
  const shape = [(kernelSize * C) / groups, filters];
  const kernelInitializer = initializers[spec.kernelInitializer];
  const kernel = {
    name: 'kernel',
    shape,
    initializer: (_: readonly number[], random: Random) => kernelInitializer([kernelSize, C / groups, filters], random),
    trainable: true,
    int8: { gates: groups },
    ...weightRules('kernel', shape, spec.kernelRegularizer, spec.kernelConstraint),
  };
  const bias = {
    name: 'bias',
    shape: [filters],
    initializer: initializers[spec.biasInitializer],
    trainable: true,
    ...weightRules('bias', [filters], spec.biasRegularizer, spec.biasConstraint),
  };
  return useBias ? [kernel, bias] : [kernel];
}

/**
 * A piece of a sequence, after the steps that the state holds. The next state ends with the last real step of each sequence; padded
 * steps between real ones count as zeros.
 */
function resumed(convolution: Convolution, { values, mask }: Activations, state: tf.Tensor2D | undefined): LayerOutput {
  const [B, T, C] = values.shape as [number, number, number];
  const before = reachOf(convolution.windows);
  const last = state ?? tf.zeros<tf.Rank.R2>([B, before * C]);
  if (values.size === 0) return { values: convolve(convolution, { values }), mask, state: [last] };
  const x = tf.concat([tf.reshape(last, [B, before, C]), values], 1) as tf.Tensor3D;
  const whole: Convolution = { ...convolution, windows: { ...convolution.windows, padding: 'valid' } };
  if (!mask) {
    const next = tf.slice(x, [0, T, 0], [B, before, C]);
    return { values: convolve(whole, { values: x }), mask, state: [tf.reshape(next, [B, before * C])] };
  }
  const { real, lengths } = readMask(mask);
  const xMask = maskOf(B, before + T, (b, t) => t < before || real[b * T + t - before] === 1);
  const next = placeSteps(
    x,
    xMask,
    lengths.map((length) => -length),
    before,
  );
  return { values: convolve(whole, { values: x, mask: xMask }), mask, state: [tf.reshape(next, [B, before * C]) as tf.Tensor2D] };
}

/** Floats that a piece of `steps` steps takes besides its output, with masks. */
const resumedFloats = (before: number, steps: number, C: number) =>
  3 * before * C + (before + steps) * (C + 1) + placedFloats(before + steps, C, before);
