import * as tf from '@tensorflow/tfjs-core';
import { type FloatWeight, quantizeWeights } from '@unroll/artifact/quantize.ts';
import type { ActivationBits } from '@unroll/model/int8-tensors.ts';
import { sparseCategoricalCrossentropy } from '@unroll/model/losses.ts';
import { createModel } from '@unroll/model/model.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import { parseModelSpec } from '@unroll/model/spec.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { BEAM, type Case } from '../cases.ts';
import type { Work } from '../serve.ts';
import { adamStep } from './adam-step.ts';

const VOCABULARY = 8000;
const [START, END] = [VOCABULARY - 2, VOCABULARY - 1];

/** A step of training on B pairs of T tokens each, or a beam search for the translations of B texts of T tokens. */
export function translateWork(each: Case, bits: ActivationBits | undefined): Work {
  return each.cell === 'training step' ? trainingStep(each, bits) : search(each, bits);
}

/** Embeddings of I, a bidirectional encoder and a decoder of H units with general attention. */
function translator({ T, I, H }: Case) {
  const tokens = { type: 'tokens', maxLength: T } as const;
  const words = { type: 'embedding', inputDim: VOCABULARY, outputDim: I, maskZero: true } as const;
  const spec = parseModelSpec({
    inputs: { source: tokens, target: tokens },
    layers: [
      { ...words, from: 'source' },
      { type: 'bidirectional', name: 'encoder', layer: { type: 'lstm', units: H / 2, returnSequences: true } },
      { ...words, from: 'target' },
      { type: 'lstm', name: 'decoder', units: H, returnSequences: true, initialState: 'encoder' },
      { type: 'attention', name: 'context', from: ['decoder', 'encoder'], score: 'general' },
      { type: 'concatenate', from: ['decoder', 'context'] },
      { type: 'dense', units: VOCABULARY },
    ],
    task: { type: 'translate', start: START, end: END, beam: BEAM },
  });
  const model = createModel(spec);
  return { spec, model, init: model.init(1) };
}

function trainingStep(each: Case, bits: ActivationBits | undefined): Work {
  if (bits) throw new Error('int8 weights are for inference');
  const { B, T } = each;
  const { model, init } = translator(each);
  const ids = () => ({ values: tf.randomUniformInt([B, T], 1, START) });
  const inputs = { source: ids(), target: ids() };
  const targets = tf.cast(tf.randomUniformInt([B * T, 1], 1, START), 'float32') as tf.Tensor2D;
  const params = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));
  return adamStep(params, (...weights) => {
    const named = Object.fromEntries(model.weights.map(({ name }, i) => [name, weights[i] as tf.Tensor]));
    const { outputs } = model.apply(named, inputs, { trainingKey: [1] });
    return tf.mean(sparseCategoricalCrossentropy(tf.reshape(outputs, [B * T, VOCABULARY]), targets)) as tf.Scalar;
  });
}

function search(each: Case, bits: ActivationBits | undefined): Work {
  const { B, T } = each;
  const { spec, model, init } = translator(each);
  const floats = Object.fromEntries(
    model.weights.map(({ name, shape }): [string, FloatWeight] => [name, { dtype: 'float32', shape, values: init[name] as Float32Array }]),
  );
  const words = Array.from({ length: START - 1 }, (_, i) => `w${i}`);
  const tokenizer = { ...new Tokenizer({}, words).toJSON() };
  const artifact = {
    name: 'bench',
    spec,
    tokenizers: { source: tokenizer, target: tokenizer },
    weights: bits ? quantizeWeights(floats) : floats,
  };
  const predictor = createPredictor(artifact, bits ? { activationBits: bits } : {});
  const texts = Array.from({ length: B }, (_, b) =>
    Array.from({ length: T }, (_, t) => words[(b * 131 + t * 37) % words.length]).join(' '),
  );
  return () => void predictor.predict(texts);
}
