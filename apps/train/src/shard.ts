/** What a pool worker does: one shard's loss and gradient, or the outputs of some samples. Stateless between tasks. */
import { workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { startWasmBackend, type WasmModules } from '@unroll/backend/wasm.ts';
import { layoutOf, toTensors, views } from '@unroll/model/layout.ts';
import { createModel } from '@unroll/model/model.ts';
import { idsTensor } from '@unroll/model/predictor.ts';
import type { ModelSpec } from '@unroll/model/spec.ts';
import { taskOf } from '@unroll/model/tasks/registry.ts';
import { type Samples, sequenceOf, targetOf } from './samples.ts';

/** Everything that stays the same over a run, handed to each worker at its start. Arrays are shared memory. */
export interface ShardContext {
  wasm: WasmModules;
  spec: ModelSpec;
  samples: Samples;
  parameters: Float32Array;
  /** A gradient slot for each shard of a step. */
  slots: readonly Float32Array[];
}

export type ShardTask =
  | {
      type: 'gradient';
      samples: Int32Array;
      /** Which slot to write. */
      slot: number;
      /** 1 / samples of the whole step, so that slots sum up to the gradient of the mean loss. */
      weight: number;
      /** Names the random stream of dropout. */
      key: readonly (number | string)[];
    }
  | { type: 'outputs'; samples: Int32Array }
  | { type: 'diagnose'; samples: Int32Array; key: readonly (number | string)[] };

export interface GradientResult {
  /** This shard's part of the step's mean loss. */
  loss: number;
}
export interface OutputsResult {
  /** Activated outputs, row by row. */
  outputs: Float32Array;
  losses: Float32Array;
}
export interface DiagnoseResult {
  /** The first layer whose output is not finite, if any. */
  layer: string | undefined;
}

const { wasm, spec, samples, parameters, slots } = workerData as ShardContext;
await startWasmBackend(wasm);
const model = createModel(spec);
const task = taskOf(model);
const layout = layoutOf(model.weights);

const inputsOf = (indices: Int32Array) => idsTensor(Array.from(indices, (sample) => sequenceOf(samples, sample)));

function targetsOf(indices: Int32Array): tf.Tensor2D {
  const rows = new Float32Array(indices.length * samples.targetWidth);
  for (const [row, sample] of indices.entries()) rows.set(targetOf(samples, sample), row * samples.targetWidth);
  return tf.tensor2d(rows, [indices.length, samples.targetWidth]);
}

function gradient({ samples: indices, slot, weight, key }: Extract<ShardTask, { type: 'gradient' }>): GradientResult {
  return tf.tidy(() => {
    const params = toTensors(layout, parameters);
    const trainable = layout.entries.filter((entry) => entry.trainable);
    let updates: Record<string, tf.Tensor> = {};
    const lossOf = (...tensors: tf.Tensor[]) => {
      const current = { ...params, ...Object.fromEntries(trainable.map(({ name }, i) => [name, tensors[i] as tf.Tensor])) };
      const result = model.apply(current, inputsOf(indices), { trainingKey: key });
      updates = Object.fromEntries(Object.entries(result.updates).map(([name, value]) => [name, tf.keep(value)]));
      const losses = task.loss(result.outputs as tf.Tensor2D, targetsOf(indices));
      return tf.mul(tf.sum(losses), weight) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(lossOf)(trainable.map(({ name }) => params[name] as tf.Tensor));

    const target = views(layout, slots[slot] as Float32Array);
    for (const [i, { name }] of trainable.entries()) target[name]?.set((grads[i] as tf.Tensor).dataSync() as Float32Array);
    // Untrained weights travel in the same vector: slots sum up to the mean of the shards' new values.
    for (const { name, trainable: learned } of layout.entries) {
      if (learned) continue;
      const next = (updates[name] ?? (params[name] as tf.Tensor)).dataSync() as Float32Array;
      target[name]?.set(next.map((number) => number * weight * indices.length));
    }
    tf.dispose(updates);
    return { loss: (value.dataSync() as Float32Array)[0] as number };
  });
}

function outputs({ samples: indices }: Extract<ShardTask, { type: 'outputs' }>): OutputsResult {
  return tf.tidy(() => {
    const result = model.apply(toTensors(layout, parameters), inputsOf(indices));
    return {
      outputs: task.activate(result.outputs).dataSync() as Float32Array,
      losses: task.loss(result.outputs as tf.Tensor2D, targetsOf(indices)).dataSync() as Float32Array,
    };
  });
}

function diagnose({ samples: indices, key }: Extract<ShardTask, { type: 'diagnose' }>): DiagnoseResult {
  let layer: string | undefined;
  tf.tidy(() => {
    model.apply(toTensors(layout, parameters), inputsOf(indices), {
      trainingKey: key,
      inspect: (name, values) => {
        if (layer === undefined && !values.dataSync().every(Number.isFinite)) layer = name;
      },
    });
  });
  return { layer };
}

export default function run(shardTask: ShardTask): GradientResult | OutputsResult | DiagnoseResult {
  switch (shardTask.type) {
    case 'gradient':
      return gradient(shardTask);
    case 'outputs':
      return outputs(shardTask);
    case 'diagnose':
      return diagnose(shardTask);
  }
}
