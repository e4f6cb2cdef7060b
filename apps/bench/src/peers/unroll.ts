/** Our own side: packages/model on packages/backend, on the engine that UNROLL_ENGINE names or wasm. An argument of 7 or 14 runs int8 weights with activations of that many bits. */
import '@unroll/backend/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { type FloatWeight, quantizeWeights } from '@unroll/artifact/quantize.ts';
import { chooseEngine, requestedEngine } from '@unroll/backend/choose-engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { type ActivationBits, int8Tensor } from '@unroll/model/int8-tensors.ts';
import { sparseCategoricalCrossentropy } from '@unroll/model/losses.ts';
import { createModel } from '@unroll/model/model.ts';
import { parseModelSpec } from '@unroll/model/spec.ts';
import type { Case } from '../cases.ts';
import { serveCases, type Work } from '../serve.ts';
import { adamStep } from './adam-step.ts';
import { crfWork } from './crf.ts';
import { VOCABULARY } from './cross-entropy-step.ts';
import { ctcWork } from './ctc.ts';
import { matMulWork } from './mat-mul.ts';
import { translateWork } from './translate.ts';

/** Whether to skip padded steps; the argument 'every-step' runs them as real ones. */
const skips = process.argv[2] !== 'every-step';
const bits = skips && process.argv[2] ? (Number(process.argv[2]) as ActivationBits) : undefined;
await startEngine(chooseEngine(requestedEngine('wasm')).setup);
await serveCases(prepare);

function prepare(each: Case): Work {
  if (each.suite === 'gemm') return matMulWork(each);
  if (each.suite === 'ctc') return ctcWork(each);
  if (each.suite === 'crf') return crfWork(each);
  if (each.suite === 'translate') return translateWork(each, bits);
  return each.suite === 'step' || each.suite === 'trainer' ? step(each) : layer(each);
}

/** A recurrent layer or a convolution. Training runs forward and backward, with the gradient of the input. */
function layer({ suite, cell, B, T, I, H, lengths, kernelSize }: Case): Work {
  const convolution = { type: 'conv1d', filters: H, kernelSize, padding: 'same' };
  const { apply, params } = build({
    input: { type: 'features', features: I, maxLength: T },
    layers: [suite === 'conv' ? convolution : { type: cell, units: H, returnSequences: true }],
    task: { type: 'classify', labels: ['a', 'b'] },
  });
  const x = tf.randomNormal([B, T, I]);
  const dY = tf.randomNormal([B, T, H]);
  if (bits && suite !== 'infer') throw new Error('int8 weights are for inference');
  if (suite === 'infer') return () => tf.tidy(() => void apply(params, x).dataSync());
  const mask = lengths && skips ? maskOf(lengths, T) : undefined;
  const gradients = tf.grads((input: tf.Tensor, ...weights: tf.Tensor[]) => apply(weights, input, mask));
  return () =>
    tf.tidy(
      () =>
        void gradients([x, ...params], dY)
          .at(-1)
          ?.dataSync(),
    );
}

function maskOf(lengths: readonly number[], T: number): tf.Tensor2D {
  const real = lengths.map((length) => Array.from({ length: T }, (_, t) => t < length));
  return tf.tensor2d(real, [lengths.length, T], 'bool');
}

/** A training step: gradients of the mean cross-entropy, and Adam on flat parameters. */
function step({ B, T, I, H }: Case): Work {
  const { apply, params } = build({
    input: { type: 'tokens', maxLength: T },
    layers: [
      { type: 'embedding', inputDim: VOCABULARY, outputDim: I },
      { type: 'lstm', units: H, returnSequences: true },
      { type: 'dense', units: VOCABULARY },
    ],
    task: { type: 'classify', labels: Array.from({ length: VOCABULARY }, (_, i) => `${i}`) },
  });
  const ids = tf.randomUniformInt([B, T], 1, VOCABULARY);
  const targets = tf.cast(tf.randomUniformInt([B * T, 1], 1, VOCABULARY), 'float32') as tf.Tensor2D;
  const loss = (...weights: tf.Tensor[]) =>
    tf.mean(sparseCategoricalCrossentropy(tf.reshape(apply(weights, ids), [B * T, VOCABULARY]), targets)) as tf.Scalar;
  return adamStep(params, loss);
}

function build(json: object) {
  const model = createModel(parseModelSpec(json));
  const init = model.init(1);
  const floats = model.weights.map(({ name, shape }): [string, FloatWeight] => [
    name,
    { dtype: 'float32', shape, values: init[name] as Float32Array },
  ]);
  const int8 = bits ? quantizeWeights(Object.fromEntries(floats)) : {};
  const params = model.weights.map((spec) => {
    const weight = int8[spec.name];
    const packed = weight?.dtype === 'int8' && bits && int8Tensor(weight, spec, bits);
    return packed || tf.tensor(init[spec.name] as Float32Array, spec.shape);
  });
  const names = model.weights.map(({ name }) => name);
  const apply = (weights: readonly tf.Tensor[], input: tf.Tensor, mask?: tf.Tensor2D) =>
    model.apply(Object.fromEntries(names.map((name, i) => [name, weights[i] as tf.Tensor])), input, mask && { mask }).outputs;
  return { apply, params };
}
