import * as tf from '@tensorflow/tfjs-core';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import { dequantize, type Weight } from '@unroll/artifact/quantize.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import { inputTensors } from '../batch/inputs.ts';
import { stateArray } from '../batch/state.ts';
import type { Model } from '../model.ts';
import { InputError } from '../readers/input-error.ts';
import { inputSent } from '../readers/input-sent.ts';
import type { Sample } from '../readers/reader.ts';
import { featuresOf, type InputSpec } from '../spec.ts';
import { type AnyTask, taskOf } from '../tasks/registry.ts';
import type { PathTask, TaskWeights } from '../tasks/task.ts';
import { type ActivationBits, int8Tensor } from '../weights/int8-tensors.ts';
import type { Params } from '../weights/weight.ts';
import { type LoadedModel, loadModel } from './load-model.ts';

export type ServedArtifact = Pick<Artifact, 'name' | 'spec' | 'tokenizer' | 'tokenizers' | 'weights' | 'quantization'>;

export interface RunnerOptions {
  /** Bits to which layers with int8 weights quantize their input. Default: the artifact's, or 14. */
  activationBits?: ActivationBits;
}

export interface RunOptions {
  /** Outputs after every step. Only a causal model gives them. */
  everyStep?: boolean;
  /** Keep every step of a sequence output, not the last alone. */
  keepSteps?: boolean;
  /** The state that `run` returned for the steps before, or 'new'. Only a model that resumes has one. */
  state?: Float32Array | 'new' | undefined;
}

export interface RunResult {
  /**
   * Activated outputs of a row at a step, all finite. Without everyStep or keepSteps only the last step has any.
   * @throws InputError if an output is not finite.
   */
  at(row: number, step: number): Float32Array;
  /** Activated outputs of all real steps of a row, [steps, units], all finite; with keepSteps. @throws InputError if one is not finite. */
  all(row: number): Float32Array;
  /** [rows, stateSize], if a state was given. */
  state?: Float32Array;
}

/** A model on the current backend: samples in, activated outputs out. */
export interface Runner {
  readonly name: string;
  readonly model: Model;
  readonly task: AnyTask;
  /** Of the input that a person sends. */
  readonly tokenizer?: Tokenizer;
  /** By name: of an input, or 'target'. */
  readonly tokenizers: Readonly<Record<string, Tokenizer>>;
  readonly params: Params;
  /** The values of the task's own weights. */
  readonly taskWeights: TaskWeights;
  /** Floats of one row's state. */
  readonly stateSize: number;
  /**
   * Runs samples as one batch if the model masks padding, otherwise as one batch for each length.
   * @throws InputError if a sample holds a number that is not finite in float32, or has no step. With a state a sample
   * may be empty, if the model masks padding.
   */
  run(samples: readonly Sample[], options?: RunOptions): RunResult;
  /** Frees the weights. */
  dispose(): void;
}

/** @throws if the artifact's spec, tokenizer and weights do not fit together. */
export function createRunner(artifact: ServedArtifact, { activationBits }: RunnerOptions = {}): Runner {
  const { model, tokenizers, weights } = loadModel(artifact);
  const [inputName, input] = inputSent(model.spec);
  const tokenizer = tokenizers[inputName];
  const task = taskOf(model, tokenizer && ((id) => tokenizer.textOf(id, false)));
  const params = servingParams(model, weights, activationBits ?? artifact.quantization?.activationBits);
  const features = featuresOf(input);
  const [first] = model.spec.layers;
  const padsFreely = input.type === 'features' || first?.type === 'padSequences' || (first?.type === 'embedding' && first.maskZero);
  const packed = stateArray(model, 'rows');

  /** One batch of samples, padded to the longest. Outputs [rows, steps or 1, units]. */
  function runBatch(samples: readonly Sample[], { everyStep = false, keepSteps = false, state }: RunOptions) {
    const T = Math.max(1, ...samples.map(({ steps }) => steps));
    const even = samples.every(({ steps }) => steps === T);
    return tf.tidy(() => {
      const { inputs, mask } = inputTensors(samples, features);
      const given = state === undefined ? {} : { state: state === 'new' ? {} : packed.read(state, 0, samples.length) };
      const result = model.apply(params, inputs, { everyStep, ...(mask && { mask }), ...given });
      let { outputs } = result;
      if (outputs.rank === 3 && even && !everyStep && !keepSteps) outputs = tf.slice(outputs, [0, T - 1, 0], [-1, 1, -1]);
      const units = outputs.shape.at(-1) as number;
      const steps = outputs.rank === 3 ? (outputs.shape[1] as number) : 1;
      const values = task.activate(tf.reshape(outputs, [-1, units])).dataSync() as Float32Array;
      const real = keepSteps && result.mask ? tf.sum(tf.cast(result.mask, 'int32'), 1).dataSync() : undefined;
      if (state === undefined) return { values, units, steps, real };
      const next = new Float32Array(samples.length * packed.width);
      packed.write(result.state, next, 0);
      return { values, units, steps, real, state: next };
    });
  }

  return {
    name: artifact.name,
    model,
    task,
    ...(tokenizer && { tokenizer }),
    tokenizers,
    params,
    taskWeights: task.answers === 'path' ? weightValues(task, weights) : {},
    stateSize: packed.width,
    run(samples, { state, ...wanted } = {}) {
      if (state instanceof Float32Array && state.length !== samples.length * packed.width) {
        throw new InputError(`state: expected ${samples.length} rows of ${packed.width} numbers, got ${state.length} numbers`);
      }
      if (state !== undefined && !model.resumes) {
        throw new InputError(`state: this model cannot resume from one: ${model.notResumable}`);
      }
      // An empty piece leaves the state as it is.
      const mayBeEmpty = padsFreely && state instanceof Float32Array;
      const empty = mayBeEmpty ? -1 : samples.findIndex(({ steps }) => steps === 0);
      const nameOf = (row: number) => (samples.length > 1 ? `input ${row}` : 'the input');
      if (empty >= 0) throw new InputError(`${nameOf(empty)} holds no token that the model knows`);
      for (const [row, { values }] of samples.entries()) expectFiniteInput(values, nameOf(row), input);
      const groups = padsFreely ? [samples.map((_, row) => row)] : [...Map.groupBy(samples.keys(), (row) => samples[row]?.steps).values()];
      const next = state === undefined ? undefined : new Float32Array(samples.length * packed.width);
      const views: { values: Float32Array; steps: number; real: number }[] = new Array(samples.length);
      for (const rows of groups) {
        const before = state instanceof Float32Array ? gatherRows(state, rows, packed.width) : state;
        const batch = runBatch(
          rows.map((row) => samples[row] as Sample),
          { ...wanted, state: before },
        );
        const size = batch.steps * batch.units;
        for (const [i, row] of rows.entries()) {
          const values = batch.values.subarray(i * size, (i + 1) * size);
          views[row] = { values, steps: batch.steps, real: batch.real?.[i] ?? batch.steps };
          if (next && batch.state) next.set(batch.state.subarray(i * packed.width, (i + 1) * packed.width), row * packed.width);
        }
      }
      return {
        at(row, step) {
          const { values, steps } = views[row] as (typeof views)[number];
          const units = values.length / steps;
          // Without everyStep or keepSteps a row has its last step alone.
          const index = steps === 1 ? 0 : step;
          const outputs = values.subarray(index * units, (index + 1) * units);
          expectFiniteOutputs(outputs, { name: artifact.name, at: `${nameOf(row)}, step ${step + 1}` });
          return outputs;
        },
        all(row) {
          const { values, steps, real } = views[row] as (typeof views)[number];
          const outputs = values.subarray(0, (real * values.length) / steps);
          expectFiniteOutputs(outputs, { name: artifact.name, at: nameOf(row) });
          return outputs;
        },
        ...(next && { state: next }),
      };
    },
    dispose() {
      tf.dispose(params);
    },
  };
}

function expectFiniteInput(values: Sample['values'], what: string, input: InputSpec): void {
  const bad = input.type === 'features' ? values.findIndex((value) => !Number.isFinite(Math.fround(value))) : -1;
  if (bad < 0 || input.type !== 'features') return;
  const [step, feature] = [Math.floor(bad / input.features), bad % input.features];
  throw new InputError(
    `${what}: number ${feature + 1} of step ${step + 1} is ${values[bad]} in float32, which the model reads; expected a finite number`,
  );
}

function expectFiniteOutputs(outputs: Float32Array, { name, at }: { name: string; at: string }): void {
  const unit = outputs.findIndex((value) => !Number.isFinite(value));
  if (unit < 0) return;
  throw new InputError(
    `${at}: model '${name}' gives ${outputs[unit]} as output ${unit + 1} of ${outputs.length}, which is not an answer. Its numbers overflowed float32: ` +
      'send numbers of the size that it was trained on. If it fails for those too, train it again',
  );
}

/**
 * Weights as tensors. int8 weights stay int8 if the layer and the backend can compute with them. The caller disposes the tensors.
 * @param bits to which layers with int8 weights quantize their input: of all layers, or by layer name.
 */
export function servingParams(
  model: Model,
  weights: LoadedModel['weights'],
  bits: ActivationBits | Readonly<Record<string, ActivationBits>> = 14,
): Record<string, tf.Tensor> {
  const bitsOf = (weight: string) => (typeof bits === 'number' ? bits : (bits[weight.slice(0, weight.indexOf('/'))] ?? 14));
  return Object.fromEntries(
    model.weights.map((spec) => {
      const weight = weights[spec.name] as Weight;
      const int8 = weight.dtype === 'int8' ? int8Tensor(weight, spec, bitsOf(spec.name)) : undefined;
      return [spec.name, int8 ?? tf.tensor(dequantize(weight), spec.shape)];
    }),
  );
}

function weightValues({ weights: names }: PathTask, weights: LoadedModel['weights']): TaskWeights {
  return Object.fromEntries(Object.entries(names).map(([local, name]) => [local, dequantize(weights[name] as Weight)]));
}

function gatherRows(values: Float32Array, rows: readonly number[], width: number): Float32Array {
  const gathered = new Float32Array(rows.length * width);
  for (const [i, row] of rows.entries()) gathered.set(values.subarray(row * width, (row + 1) * width), i * width);
  return gathered;
}
