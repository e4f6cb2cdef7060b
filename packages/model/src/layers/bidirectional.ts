import * as tf from '@tensorflow/tfjs-core';
import * as v from 'valibot';
import type { WeightSpec } from '../weights/weight.ts';
import { frozen } from '../weights/weight.ts';
import type { Layer, LayerContext, Shape } from './layer.ts';
import { initialState, layerOptions } from './layer.ts';
import { recurrentLayer, recurrentSpec } from './recurrent.ts';

export const bidirectionalSpec = v.strictObject({
  type: v.literal('bidirectional'),
  ...layerOptions,
  /** Each tensor of the state is that of the forward layer and that of the backward layer side by side. */
  initialState,
  layer: recurrentSpec,
  mergeMode: v.optional(v.picklist(['concat', 'sum', 'mul', 'ave']), 'concat'),
});

/**
 * A recurrent layer forwards and a second one backwards, merged: [B, T, D] → [B, T, units] or [B, units], 2·units for 'concat'.
 * At the padded steps of a sequence it gives zeros, where one direction alone repeats its last output. As keras.layers.Bidirectional.
 */
export function bidirectional(spec: v.InferOutput<typeof bidirectionalSpec>, input: Shape): Layer {
  const { layer, mergeMode } = spec;
  if (layer.goBackwards) throw new Error('goBackwards does not apply inside bidirectional, which runs both directions; remove it');
  const misplaced = (['from', 'initialState'] as const).find((option) => layer[option] !== undefined);
  if (misplaced) throw new Error(`${misplaced} does not apply inside bidirectional; move it to the bidirectional layer itself`);
  const directions = { forward: recurrentLayer(layer, input), backward: recurrentLayer({ ...layer, goBackwards: true }, input) };
  const prefixed = (weights: readonly WeightSpec[], prefix: string) =>
    weights.map((weight) => ({ ...weight, name: `${prefix}/${weight.name}`, ...(layer.trainable === false && frozen) }));

  return {
    output: {
      ...(directions.forward.output as Exclude<Shape, { kind: 'ids' }>),
      features: mergeMode === 'concat' ? 2 * layer.units : layer.units,
    },
    weights: [...prefixed(directions.forward.weights, 'forward'), ...prefixed(directions.backward.weights, 'backward')],
    causal: false,
    resumes: false,
    finalState: directions.forward.finalState.map((units) => 2 * units),
    cost(steps) {
      const [forward, backward] = [directions.forward.cost(steps), directions.backward.cost(steps)];
      return {
        multiplyAdds: forward.multiplyAdds + backward.multiplyAdds,
        // Both, the second in order, and merged.
        floats: forward.floats + backward.floats + 6 * steps * layer.units,
      };
    },
    apply(weights, activations, context: LayerContext) {
      const run = (direction: 'forward' | 'backward', half: 0 | 1) => {
        const initialState = context.initialState?.map((both) => halfOf(both, half));
        return directions[direction].apply(unprefixed(weights, `${direction}/`), activations, {
          ...context,
          state: undefined,
          initialState,
        });
      };
      const forward = run('forward', 0);
      const backward = run('backward', 1);
      const sequences = layer.returnSequences || context.everyStep;
      const merged = merge(forward.values, sequences ? tf.reverse(backward.values, 1) : backward.values, mergeMode);
      const state = forward.state?.map((own, i) => tf.concat([own, backward.state?.[i] as tf.Tensor2D], 1));
      const { mask } = activations;
      if (!sequences || !mask) return { values: merged, ...(state && { state }) };
      return { values: tf.mul(merged, tf.expandDims(tf.cast(mask, 'float32'), 2)), mask, ...(state && { state }) };
    },
  };
}

function halfOf(both: tf.Tensor2D, half: 0 | 1): tf.Tensor2D {
  const [batch, width] = both.shape;
  return tf.slice(both, [0, (half * width) / 2], [batch, width / 2]);
}

function unprefixed(weights: Readonly<Record<string, tf.Tensor>>, prefix: string): Record<string, tf.Tensor> {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, tensor]) => [name.slice(prefix.length), tensor]));
}

function merge(forward: tf.Tensor, backward: tf.Tensor, mode: v.InferOutput<typeof bidirectionalSpec>['mergeMode']): tf.Tensor {
  switch (mode) {
    case 'concat':
      return tf.concat([forward, backward], -1);
    case 'sum':
      return tf.add(forward, backward);
    case 'mul':
      return tf.mul(forward, backward);
    case 'ave':
      return tf.mul(tf.add(forward, backward), 0.5);
  }
}
