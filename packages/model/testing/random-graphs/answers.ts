/** Outputs and gradients of random graphs, and how far they are from Keras'. */
import * as tf from '@tensorflow/tfjs-core';
import type { Activations } from '../../src/layers/layer.ts';
import { createModel } from '../../src/model.ts';
import { parseModelSpec } from '../../src/spec.ts';
import { valueAndGradients } from '../../src/training/gradients.ts';
import { formulaParams, wave } from '../golden-formulas.ts';
import type { RandomGraph } from './draw.ts';

export interface Answer {
  shape: number[];
  outputs: number[];
  /** By layer, in the order of its weights; null for a weight that is not trained. */
  gradients: Record<string, (number[] | null)[]>;
}

export function ourAnswer({ spec, inputs, training }: RandomGraph): Answer {
  return inTidy(() => {
    const model = createModel(parseModelSpec(spec));
    const params = formulaParams(model.weights);
    const given = Object.entries(inputs).map(([name, input]): [string, Activations] => [
      name,
      { values: 'ids' in input ? tf.tensor2d(input.ids, undefined, 'int32') : wave(input.shape, input.phase) },
    ]);
    const trained = model.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
    let outputs = tf.scalar(0) as tf.Tensor;
    const loss = (...weights: tf.Tensor[]) => {
      const all = { ...params, ...Object.fromEntries(trained.map((name, i) => [name, weights[i] as tf.Tensor])) };
      const options = training ? { trainingKey: ['random graph'] } : {};
      outputs = model.apply(all, Object.fromEntries(given), options).outputs;
      return tf.sum(tf.mul(outputs, wave(outputs.shape, 0.5))) as tf.Scalar;
    };
    const { gradients } = valueAndGradients(
      loss,
      trained.map((name) => params[name] as tf.Tensor),
    );
    const byLayer: Answer['gradients'] = {};
    for (const { name } of model.weights) {
      const layer = name.slice(0, name.indexOf('/'));
      const gradient = gradients[trained.indexOf(name)];
      byLayer[layer] = [...(byLayer[layer] ?? []), gradient ? Array.from(gradient.dataSync()) : null];
    }
    const values = model.apply(params, Object.fromEntries(given), training ? { trainingKey: ['random graph'] } : {}).outputs;
    return { shape: values.shape, outputs: Array.from(values.dataSync()), gradients: byLayer };
  });
}

/** As tf.tidy, for a result without tensors. */
function inTidy<T>(compute: () => T): T {
  tf.engine().startScope();
  try {
    return compute();
  } finally {
    tf.engine().endScope();
  }
}

const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/**
 * The largest difference of each tensor, relative to its largest number. A gradient far below the model's largest one counts relative
 * to a hundredth of that, because it may be zero in exact arithmetic.
 */
export function errorsOf(actual: Answer, expected: Answer): { tensor: string; error: number }[] {
  const error = (tensor: string, ours: readonly number[] | null | undefined, theirs: readonly number[], least: number) => {
    if (ours?.length !== theirs.length) return { tensor, error: Number.POSITIVE_INFINITY };
    const worst = largest(theirs.map((value, i) => value - (ours[i] as number)));
    return { tensor, error: Number.isNaN(worst) ? Number.POSITIVE_INFINITY : worst / Math.max(largest(theirs), least) };
  };
  const all = Object.values(expected.gradients).flatMap((layer) => layer.flatMap((gradient) => gradient ?? []));
  const least = Math.max(largest(all) / 100, 1e-3);
  const gradients = Object.entries(expected.gradients).flatMap(([layer, weights]) =>
    weights.flatMap((theirs, k) => (theirs ? [error(`gradient ${layer}/${k}`, actual.gradients[layer]?.[k], theirs, least)] : [])),
  );
  return [error('outputs', actual.outputs, expected.outputs, 1e-3), ...gradients];
}
