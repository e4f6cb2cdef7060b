import * as tf from '@tensorflow/tfjs-core';
import { createModel } from '../src/model.ts';
import { featuresOf, type InputSpec, type ModelSpecInput, parseModelSpec } from '../src/spec.ts';

type Values = number[][] | number[][][];

/** A model, an input and all options, so that the loss is a plain function of the parameters. */
export interface LossCase {
  spec: ModelSpecInput;
  /** Ids [B][T], or features [B][T][D]; of several inputs each by its name. */
  inputs: Values | Record<string, Values>;
  /** The seed of the dropout masks; inference if left out. */
  trainingKey?: string[];
  everyStep?: boolean;
  /** Weights whose gradient is zero in exact arithmetic. */
  zeroGradients?: string[];
  /** Starts from a state that is also a parameter, `state/layer/0` [B, H]. */
  initialState?: Record<string, { count: number; units: number }>;
}

/** The loss, its named parameters and their shapes. The loss is Σ outputs ∘ fixed weights, so every output affects it. */
export function lossOf({ spec, inputs, trainingKey, everyStep, initialState = {} }: LossCase) {
  const model = createModel(parseModelSpec(spec));
  const byName = Array.isArray(inputs) ? { [Object.keys(model.inputs)[0] as string]: inputs } : inputs;
  const batch = (Object.values(byName)[0] as Values).length;
  const states = Object.entries(initialState).flatMap(([layer, { count, units }]) =>
    Array.from({ length: count }, (_, i) => ({ layer, name: `state/${layer}/${i}`, shape: [batch, units] })),
  );
  const shapes = Object.fromEntries([...model.weights, ...states].map(({ name, shape }) => [name, shape]));

  function lossOfTensors(tensors: Record<string, tf.Tensor>): tf.Scalar {
    const state: Record<string, tf.Tensor2D[]> = {};
    for (const { layer, name } of states) state[layer] = [...(state[layer] ?? []), tensors[name] as tf.Tensor2D];
    const given = Object.entries(byName).map(([name, values]) => [
      name,
      { values: featuresOf(model.inputs[name] as InputSpec) === 0 ? tf.tensor(values, undefined, 'int32') : tf.tensor(values) },
    ]);
    const { outputs, state: last } = model.apply(tensors, Object.fromEntries(given), {
      ...(trainingKey && { trainingKey }),
      ...(everyStep && { everyStep }),
      ...(states.length && { state }),
    });
    const all = [outputs, ...Object.values(last).flat()];
    return tf.addN(all.map((tensor, i) => tf.sum(tf.mul(tensor, wave(tensor.shape, i))))) as tf.Scalar;
  }

  const tensorsOf = (params: Record<string, ArrayLike<number>>) =>
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, tf.tensor(Array.from(params[name] as ArrayLike<number>), shape)]),
    );

  return { shapes, lossOfTensors, tensorsOf, loss: (params: Record<string, ArrayLike<number>>) => lossOfTensors(tensorsOf(params)) };
}

/** Fixed numbers without a pattern that could hide a symmetric error. */
export function wave(shape: number[], phase: number): tf.Tensor {
  const size = tf.util.sizeFromShape(shape);
  return tf.tensor(
    Array.from({ length: size }, (_, i) => Math.sin(i * 1.3 + phase + 0.5)),
    shape,
  );
}
