/** Computes the jobs of a worker on the engine that it has started. */
import { workerData } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import '@unroll/backend/gradients.ts';
import { stateArray } from '@unroll/model/batch/state.ts';
import { valueAndGradients } from '@unroll/model/gradients.ts';
import { toTensors, views } from '@unroll/model/layout.ts';
import { createModel, type State } from '@unroll/model/model.ts';
import { addPenaltyGradient, penalty } from '@unroll/model/penalty.ts';
import { gatheredMetrics } from '@unroll/model/tasks/gathered-metrics.ts';
import { taskOf } from '@unroll/model/tasks/registry.ts';
import { trainingLossesOf } from '@unroll/model/tasks/training-loss.ts';
import type { Params } from '@unroll/model/weight.ts';
import type { Rows, WindowRows } from '../plan/rows.ts';
import { type BatchTensors, batchTensors } from './batch.ts';
import { gatherRows } from './gather-rows.ts';
import type { Job, JobResults, RandomKey, WorkerContext } from './protocol.ts';
import type { Buffers } from './reduce.ts';
import { createReduce } from './reduce-job.ts';

const context = workerData as WorkerContext;
const { spec, layout, sequences, buffers, slots, states } = context;
const model = createModel(spec);
const task = taskOf(model);
const carriedState = stateArray(model, 'tensors');
type JobOf<K extends Job['type']> = Extract<Job, { type: K }>;
const reduce = createReduce(context);
const trainingLosses = trainingLossesOf(task, context.trainingLoss, context.loss);
const read = (rows: Rows) => batchTensors(sequences, rows, { model, per: task.targets });
const { gatherers } = gatheredMetrics(task, context.metrics);

/** Runs the model on rows. For windows it also advances their state. */
function apply(params: Params, { inputs }: BatchTensors, rows: Rows, key?: RandomKey) {
  return model.apply(params, inputs, {
    ...(key && { trainingKey: key }),
    ...('state' in rows && { state: readState(rows) }),
  });
}

/** The initial state of windows. */
function readState({ starts, state: { row, from } }: WindowRows): State {
  return from === undefined ? {} : carriedState.read(states[from] as Float32Array, row, starts.length);
}

function writeState({ state: { row, to } }: WindowRows, state: State): void {
  carriedState.write(state, states[to] as Float32Array, row);
}

function gradient({ rows, buffer, slot, weight, key }: JobOf<'gradient'>): JobResults['gradient'] {
  return tf.tidy(() => {
    const params = toTensors(layout, (buffers[buffer] as Buffers).parameters);
    const trainable = layout.entries.filter((entry) => entry.trainable);
    const batch = read(rows);
    let updates: Record<string, tf.Tensor> = {};
    let state: State = {};
    const keepAll = (tensors: Record<string, tf.Tensor>) =>
      Object.fromEntries(Object.entries(tensors).map(([name, t]) => [name, tf.keep(t)]));
    const lossOf = (...tensors: tf.Tensor[]) => {
      const current = { ...params, ...Object.fromEntries(trainable.map(({ name }, i) => [name, tensors[i] as tf.Tensor])) };
      const result = apply(current, batch, rows, key);
      updates = keepAll(result.updates);
      state = Object.fromEntries(Object.entries(result.state).map(([name, parts]) => [name, parts.map((part) => tf.keep(part))]));
      const losses = trainingLosses({ outputs: result.outputs, mask: result.mask, targets: batch.targets, params: current });
      return tf.mul(tf.sum(losses), weight) as tf.Scalar;
    };
    const { value, gradients } = valueAndGradients(
      lossOf,
      trainable.map(({ name }) => params[name] as tf.Tensor),
    );

    const target = views(layout, slots[slot] as Float32Array);
    for (const [i, { name }] of trainable.entries()) target[name]?.set((gradients[i] as tf.Tensor).dataSync() as Float32Array);
    // Untrained weights are part of the same vector: the sum of the slots is the mean of the shards' new values.
    for (const { name, trainable: learned, frozen } of layout.entries) {
      if (learned || frozen) continue;
      const next = (updates[name] ?? (params[name] as tf.Tensor)).dataSync() as Float32Array;
      target[name]?.set(next.map((number) => number * weight * batch.count));
    }
    if ('state' in rows) writeState(rows, state);
    tf.dispose([updates, state]);
    return { loss: (value.dataSync() as Float32Array)[0] as number, penalty: addPenalties(target, buffer, weight * batch.count) };
  });
}

/** Adds a fraction of the regularizers' gradients to a shard's gradient. @returns that fraction of the penalty. */
function addPenalties(gradients: Record<string, Float32Array>, buffer: number, fraction: number): number {
  let sum = 0;
  for (const { name, offset, length, trainable, regularizer } of layout.entries) {
    if (!regularizer || !trainable) continue;
    const values = (buffers[buffer] as Buffers).parameters.subarray(offset, offset + length);
    sum += fraction * penalty(values, regularizer);
    addPenaltyGradient(gradients[name] as Float32Array, values, regularizer, fraction);
  }
  return sum;
}

/** The parameters to score: their moving average, if there is one. */
const scoredTensors = (buffer: number) => toTensors(layout, buffers[buffer]?.ema ?? (buffers[buffer] as Buffers).parameters);

function score({ rows, buffer }: JobOf<'score'>): JobResults['score'] {
  return tf.tidy(() => {
    const batch = read(rows);
    const params = scoredTensors(buffer);
    const { outputs, mask, state } = apply(params, batch, rows);
    if ('state' in rows) writeState(rows, state);
    const scored = { outputs, mask, targets: batch.targets, params };
    const total = (values: tf.Tensor) => (tf.sum(values).dataSync() as Float32Array)[0] as number;
    const perRow = { loss: task.losses(scored), ...task.scores(scored) };
    const sums = Object.entries(perRow).map(([name, values]) => [name, { sum: total(values), squares: total(tf.square(values)) }]);
    return { count: batch.count, sums: Object.fromEntries(sums), gathered: gatherRows(gatherers, () => task.activate(outputs), batch) };
  });
}

function outputs({ samples, buffer }: JobOf<'outputs'>): JobResults['outputs'] {
  return tf.tidy(() => {
    const rows = { samples };
    const result = apply(scoredTensors(buffer), read(rows), rows);
    return { outputs: task.activate(result.outputs).dataSync() as Float32Array };
  });
}

function findNonFinite({ rows, buffer, key }: JobOf<'findNonFinite'>): JobResults['findNonFinite'] {
  let layer: string | undefined;
  tf.tidy(() => {
    model.apply(toTensors(layout, (buffers[buffer] as Buffers).parameters), read(rows).inputs, {
      trainingKey: key,
      inspect: (name, values) => {
        if (layer === undefined && !values.dataSync().every(Number.isFinite)) layer = name;
      },
    });
  });
  return { layer };
}

export function runJob(job: Job): JobResults[Job['type']] {
  switch (job.type) {
    case 'gradient':
      return gradient(job);
    case 'sum':
    case 'update':
      reduce(job);
      return null;
    case 'score':
      return score(job);
    case 'outputs':
      return outputs(job);
    case 'findNonFinite':
      return findNonFinite(job);
  }
}
