/** The formulas with which goldens/generate.py fills weights and inputs. */
import * as tf from '@tensorflow/tfjs-core';
import type { Params, WeightSpec } from '../src/weights/weight.ts';

/** sin(i · rate + phase) · scale at flat index i. */
export const wave = (shape: number[], phase: number, scale = 1, rate = 1.3): tf.Tensor =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * rate + phase) * scale),
    shape,
  );

/** Weight k of each layer, a wave of phase k; a variance is one half plus its square, a scalar is one half more. */
export function formulaParams(weights: readonly WeightSpec[]): Params {
  const counts = new Map<string, number>();
  return Object.fromEntries(
    weights.map(({ name, shape }) => {
      const layer = name.split('/')[0] as string;
      const k = counts.get(layer) ?? 0;
      counts.set(layer, k + 1);
      const value = wave(shape, k, 0.5, 0.7);
      if (shape.length === 0) return [name, tf.add(value, 0.5)];
      return [name, name.endsWith('Variance') ? tf.add(0.5, tf.mul(value, value)) : value];
    }),
  );
}

/** The inputs of a layer in steps.json, [B, steps, features]. Some steps before masking hold its value. */
export function stepsInputs(
  spec: readonly { type: string; maskValue?: number }[],
  [B, steps, features]: [number, number, number],
): tf.Tensor3D {
  const inputs = wave([B, steps, features], 0.5).dataSync().slice();
  const [first] = spec;
  const padded = first?.type === 'masking' ? [2, 3, steps] : [];
  for (const step of padded) inputs.fill(first?.maskValue ?? 0, step * features, (step + 1) * features);
  return tf.tensor3d(inputs as Float32Array, [B, steps, features]);
}
