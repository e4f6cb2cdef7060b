import * as tf from '@tensorflow/tfjs-core';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import { dequantize, type FloatWeight, type Int8Weight, quantizeWeights, type Weight } from '@unroll/artifact/quantize.ts';
import type { ActivationBits } from '@unroll/model/int8-tensors.ts';
import { loadModel } from '@unroll/model/load-model.ts';
import { servingParams } from '@unroll/model/runner.ts';
import type { Prepared } from '../data/prepare.ts';
import type { Scores } from '../training/evaluate.ts';
import { batchTensors } from '../workers/batch.ts';
import { scoreArtifact, withTestScores } from './score-artifact.ts';

/** The effect of quantization on one layer. */
export interface LayerEvidence {
  layer: string;
  dtype: 'int8' | 'float32';
  bits: ActivationBits | undefined;
  /** ‖W - Ŵ‖ / ‖W‖ over its matrices. */
  weightError: number;
  /** ‖y - ŷ‖ / ‖y‖ of its output on validation samples, in the finished model. */
  outputError: number;
}

export interface Quantized {
  artifact: Artifact;
  metric: string;
  /** On the validation samples. */
  float32: number;
  int8: number;
  /** How far the metric may drop. */
  budget: number;
  layers: LayerEvidence[];
}

/** A percentage may drop by half a point, any other metric by 1 %. */
const BUDGET_POINTS = 0.005;
const BUDGET_RELATIVE = 0.01;
const SAMPLES = 32;

/**
 * Post-training quantization, checked against the validation score. Matrices become int8. Each layer reads its input in 7 bits
 * (faster) if the score allows it, otherwise in 14. A layer keeps its weights in float32 if even 14 bits exceed the budget.
 * Needs a started backend.
 * @param budget how far the task's first metric may drop on the validation samples.
 * @throws if a weight is int8 already or not finite.
 */
export function quantize(prepared: Prepared, float: Artifact, budget?: number): Quantized {
  const { task, data, model } = prepared;
  const [metric = 'loss', info] = Object.entries(task.metricInfo)[0] ?? [];
  const floats = floatWeights(float);
  const ints = quantizeWeights(floats);
  const layers = [...new Set(model.weights.flatMap(({ name }) => (ints[name]?.dtype === 'int8' ? [layerOf(name)] : [])))];

  type Plan = Readonly<Record<string, ActivationBits>>;
  /** The model with the layers of the plan in int8, the others in float32. */
  const build = (plan: Plan): Artifact => ({
    ...float,
    weights: Object.fromEntries(
      Object.keys(floats).map((name): [string, Weight] => [name, (plan[layerOf(name)] ? ints[name] : floats[name]) as Weight]),
    ),
  });
  const scoreOf = (scores: Scores) => scores[metric] as number;
  const score = (plan: Plan) => scoreOf(scoreArtifact(build(plan), prepared, data.split.validation, { activationBits: plan }));
  const float32 = score({});
  const allowed = budget ?? (isShare(metric, task.metricInfo) ? BUDGET_POINTS : BUDGET_RELATIVE * Math.abs(float32));
  const dropOf = (value: number) => (info?.better === 'higher' ? float32 - value : value - float32);
  const fits = (plan: Plan) => dropOf(score(plan)) <= allowed;
  const all = (bits: ActivationBits): Plan => Object.fromEntries(layers.map((layer) => [layer, bits]));

  let plan = all(14);
  if (fits(all(7))) {
    plan = all(7);
  } else if (fits(plan)) {
    for (const layer of byDrop(7)) {
      const bolder: Plan = { ...plan, [layer]: 7 };
      if (fits(bolder)) plan = bolder;
    }
  } else {
    // Layers return to float32 one after the other, the largest drop first.
    for (const layer of byDrop(14).reverse()) {
      plan = Object.fromEntries(Object.entries(plan).filter(([name]) => name !== layer));
      if (fits(plan)) break;
    }
  }
  /** Layers by the drop in score when each alone is quantized, the smallest drop first. */
  function byDrop(bits: ActivationBits): string[] {
    const drops = new Map(layers.map((layer) => [layer, dropOf(score({ [layer]: bits }))]));
    return layers.toSorted((a, b) => (drops.get(a) as number) - (drops.get(b) as number));
  }

  const int8 = score(plan);
  const quantization = { activationBits: { ...plan }, metric, float32, int8, budget: allowed };
  const artifact = withTestScores({ ...build(plan), quantization }, prepared);
  const errors = outputErrors(prepared, float, artifact);
  const evidence = layers.map((layer): LayerEvidence => {
    const bits = plan[layer];
    const weightError = weightErrorOf(layer, floats, ints);
    return { layer, dtype: bits ? 'int8' : 'float32', bits, weightError, outputError: errors.get(layer) ?? 0 };
  });
  return { artifact, metric, float32, int8, budget: allowed, layers: evidence };
}

const layerOf = (weight: string) => weight.slice(0, weight.indexOf('/'));

/** Whether a metric is shown as a percentage. */
const isShare = (metric: string, info: Prepared['task']['metricInfo']) => info[metric]?.format(0.5).includes('%') ?? false;

function floatWeights({ name, weights }: Artifact): Record<string, FloatWeight> {
  const floats: Record<string, FloatWeight> = {};
  for (const [weight, stored] of Object.entries(weights)) {
    if (stored.dtype === 'int8') throw new Error(`quantize: '${name}' is quantized already: '${weight}' is int8`);
    floats[weight] = stored;
  }
  return floats;
}

function weightErrorOf(layer: string, floats: Readonly<Record<string, FloatWeight>>, ints: Readonly<Record<string, Weight>>): number {
  let [error, size] = [0, 0];
  for (const [name, weight] of Object.entries(ints)) {
    if (layerOf(name) !== layer || weight.dtype !== 'int8') continue;
    const restored = dequantize(weight satisfies Int8Weight);
    for (const [i, value] of (floats[name] as FloatWeight).values.entries()) {
      error += (value - (restored[i] as number)) ** 2;
      size += value ** 2;
    }
  }
  return Math.sqrt(error / size);
}

/** ‖y - ŷ‖ / ‖y‖ of every layer's output on some validation samples. */
function outputErrors({ sequences, data, task, recipe }: Prepared, float: Artifact, int8: Artifact): Map<string, number> {
  const { bpttSteps } = recipe.training;
  const samples = data.split.validation.slice(0, SAMPLES);
  const start = sequences.starts[samples[0] as number] as number;
  const length = Math.min(bpttSteps ?? 0, sequences.lengths[samples[0] as number] as number);
  const window = { starts: Float64Array.of(start), lengths: Int32Array.of(length), state: { row: 0, to: 0 } };
  const outputsOf = (artifact: Artifact) => {
    const { model, weights } = loadModel(artifact);
    const params = servingParams(model, weights, artifact.quantization?.activationBits);
    const outputs = new Map<string, ArrayLike<number>>();
    tf.tidy(() => {
      const { inputs } = batchTensors(sequences, bpttSteps === undefined ? { samples } : window, { model, per: task.targets });
      model.apply(params, inputs, { inspect: (name, values) => outputs.set(name, values.dataSync()) });
    });
    tf.dispose(params);
    return outputs;
  };
  const [exact, rounded] = [outputsOf(float), outputsOf(int8)];
  return new Map(
    [...exact].map(([name, values]) => {
      const other = rounded.get(name) as ArrayLike<number>;
      let [error, size] = [0, 0];
      for (let i = 0; i < values.length; i++) {
        error += ((values[i] as number) - (other[i] as number)) ** 2;
        size += (values[i] as number) ** 2;
      }
      return [name, Math.sqrt(error / size)];
    }),
  );
}
