import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { valueAndGradients } from '@unroll/model/gradients.ts';
import { layoutOf, toTensors } from '@unroll/model/layout.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Rows } from '../plan/rows.ts';
import { batchTensors } from '../workers/batch.ts';

/** The gradient of the loss through a model and back in time, on one batch. */
export interface Diagnosis {
  loss: number;
  /** ‖dL/dh_t‖ of each recurrent layer, counted back from its last step: [0] is the last step. */
  overTime: Record<string, number[]>;
  layers: { name: string; activation: number; gradient: number }[];
}

const SAMPLES = 32;

/**
 * Norms of dL/dh_t at every step of every recurrent layer (Bengio, Simard & Frasconi, 1994; Pascanu, Mikolov & Bengio, 2013), and of
 * the gradients of every layer's output and weights, on the first validation samples. Slow, because steps run one by one.
 */
export function diagnose({ model, task, sequences, data, recipe, loss: lossOptions }: Prepared, parameters: Float32Array): Diagnosis {
  const samples = data.split.validation.slice(0, SAMPLES);
  const steps = recipe.training.bpttSteps;
  const layout = layoutOf(model.weights);
  const overTime: Diagnosis['overTime'] = {};
  const activations = new Map<string, number>();
  return tf.tidy(() => {
    const params = toTensors(layout, parameters);
    const rows = steps === undefined ? { samples } : windows(samples, sequences.starts, steps);
    const batch = batchTensors(sequences, rows, { model, per: task.targets });
    const shapes = Object.entries(batch.inputs).map(([name, { values }]) => [name, values.shape[1] as number] as const);
    const stepsRead = model.stepsRead(Object.fromEntries(shapes));
    const B = samplesIn(rows);
    // Pooling has a state too, but no hidden state.
    const isRecurrent = (layer: string) => model.weights.some(({ name }) => name === `${layer}/recurrentKernel`);
    const recurrent = Object.entries(model.stateWidths).flatMap(([name, [units = 0]]) => (isRecurrent(name) ? [{ name, units }] : []));
    const trainable = layout.entries.filter((entry) => entry.trainable);
    const lossOf = (...tensors: tf.Tensor[]) => {
      const probes = Object.fromEntries(recurrent.map(({ name }, i) => [name, tensors[i] as tf.Tensor3D]));
      const weights = Object.fromEntries(trainable.map(({ name }, i) => [name, tensors[recurrent.length + i] as tf.Tensor]));
      const current = { ...params, ...weights };
      const { outputs, mask } = model.apply(current, batch.inputs, {
        probes,
        inspect: (name, values) => activations.set(name, norm(values)),
      });
      const losses = task.trainingLosses(lossOptions)({ outputs, mask, targets: batch.targets, params: current });
      return tf.div(tf.sum(losses), Math.max(1, batch.count)) as tf.Scalar;
    };
    const zeros = recurrent.map(({ name, units }) => tf.zeros([B, stepsRead[name] as number, units]));
    const { value, gradients } = valueAndGradients(lossOf, [...zeros, ...trainable.map(({ name }) => params[name] as tf.Tensor)]);
    for (const [i, { name }] of recurrent.entries()) {
      const squares = tf.sum(tf.square(gradients[i] as tf.Tensor), [0, 2]).dataSync();
      overTime[name] = Array.from(squares, Math.sqrt).reverse();
    }
    const layers = [...activations].map(([name, activation]) => {
      const own = trainable.flatMap((entry, i) =>
        entry.name.startsWith(`${name}/`) ? [norm(gradients[recurrent.length + i] as tf.Tensor)] : [],
      );
      return { name, activation, gradient: Math.hypot(...own) };
    });
    return { loss: value.dataSync()[0] as number, overTime, layers };
  });
}

const samplesIn = (rows: Rows) => ('samples' in rows ? rows.samples : rows.starts).length;

const norm = (values: tf.Tensor) => tf.norm(tf.cast(values, 'float32')).dataSync()[0] as number;

/** Windows of one length, side by side, for a part that is read as streams. */
function windows(samples: Int32Array, starts: ArrayLike<number>, steps: number) {
  const first = starts[samples[0] as number] as number;
  const begin = Float64Array.from({ length: SAMPLES }, (_, i) => first + i * steps);
  return { starts: begin, lengths: new Int32Array(SAMPLES).fill(steps), state: { row: 0, to: 0 } };
}
