/** Models whose gradients are tested, and random parameters for them. */
import * as tf from '@tensorflow/tfjs-core';
import { createModel } from '../src/model.ts';
import { type ModelSpecInput, parseModelSpec } from '../src/spec.ts';
import { createRandom } from '../src/weights/random.ts';
import { type LossCase, lossOf } from './losses-of.ts';

type LayerInput = ModelSpecInput['layers'][number];

const features = (batch: number, time: number, size: number) => {
  const random = createRandom('features', batch, time, size);
  return Array.from({ length: batch }, () => Array.from({ length: time }, () => Array.from({ length: size }, () => random.normal())));
};
/** Rows of different lengths, 0 for padding, one with padding inside and one at its start. */
const ids = [
  [1, 2, 3, 4, 5],
  [6, 5, 4, 0, 0],
  [2, 0, 1, 3, 0],
  [0, 0, 5, 6, 1],
];

const sequenceModel = (...layers: LayerInput[]): LossCase => ({
  spec: { input: { type: 'features', features: 3, maxLength: 10 }, layers, task: { type: 'classify', labels: ['a', 'b'] } },
  inputs: features(4, 5, 3),
});
const maskedModel = (...layers: LayerInput[]): LossCase => ({
  spec: {
    input: { type: 'tokens', maxLength: 10 },
    layers: [{ type: 'embedding', inputDim: 7, outputDim: 3, maskZero: true }, ...layers],
    task: { type: 'classify', labels: ['a', 'b'] },
  },
  inputs: ids,
});
const trained = (lossCase: LossCase): LossCase => ({ ...lossCase, trainingKey: ['test'] });

const cells: [string, LayerInput & { units: number }, number][] = [
  ['simpleRNN tanh', { type: 'simpleRNN', units: 4 }, 1],
  ['simpleRNN sigmoid', { type: 'simpleRNN', units: 4, activation: 'sigmoid' }, 1],
  ['simpleRNN relu', { type: 'simpleRNN', units: 4, activation: 'relu' }, 1],
  ['lstm', { type: 'lstm', units: 4 }, 2],
  ['lstm without bias', { type: 'lstm', units: 4, useBias: false }, 2],
  ['gru resetAfter', { type: 'gru', units: 4 }, 1],
  ['gru resetBefore', { type: 'gru', units: 4, resetAfter: false }, 1],
];

/** Cells by other activations, most without a fused kernel; softmax runs over each gate by itself. */
const otherCells = (
  [
    ['tanh', 'softmax'],
    ['softmax', 'sigmoid'],
    ['elu', 'softmax'],
    ['tanh', 'hardSigmoid'],
    ['tanh', 'hardSigmoidKeras2'],
    ['softsign', 'hardSigmoid'],
  ] as const
).flatMap(([activation, recurrentActivation]): [string, LossCase][] => {
  const options = { units: 4, activation, recurrentActivation, returnSequences: true };
  return [
    [`lstm ${activation} ${recurrentActivation}`, maskedModel({ type: 'lstm', ...options })],
    [`gru resetAfter ${activation} ${recurrentActivation}`, maskedModel({ type: 'gru', ...options })],
    [`gru resetBefore ${activation} ${recurrentActivation}`, maskedModel({ type: 'gru', resetAfter: false, ...options })],
  ];
});

const cellCases = cells.flatMap(([name, layer, count]): [string, LossCase][] => {
  const all = { ...layer, returnSequences: true } as LayerInput;
  const state = { initialState: { [`${layer.type}_0`]: { count, units: 4 } } };
  return [
    [`${name}`, sequenceModel(layer)],
    [`${name}, all steps, masked`, maskedModel(all)],
    [`${name}, backwards, masked`, maskedModel({ ...layer, goBackwards: true } as LayerInput)],
    [`${name}, initial state, masked`, { ...maskedModel(all), ...state }],
    [`${name}, dropout and recurrentDropout`, trained(maskedModel({ ...all, dropout: 0.3, recurrentDropout: 0.4 } as LayerInput))],
    [`${name}, bidirectional`, maskedModel({ type: 'bidirectional', layer: all as never })],
  ];
});

const lstm = { type: 'lstm', units: 3, returnSequences: true } as const;
const activations: Extract<LayerInput, { type: 'activation' }>['activation'][] = [
  'leakyRelu',
  'selu',
  'gelu',
  'swish',
  'hardSigmoid',
  'exponential',
  'softplus',
  'softsign',
  { type: 'leakyRelu', negativeSlope: 0.5 },
  { type: 'elu', alpha: 0.5 },
  { type: 'gelu', approximate: true },
];
/** An encoder starts a decoder, and both meet. */
const decoderModel = (encoder: LayerInput, decoder: LayerInput): LossCase => ({
  spec: {
    inputs: { source: { type: 'tokens', maxLength: 10 }, target: { type: 'features', features: 3, maxLength: 10 } },
    layers: [
      { type: 'embedding', from: 'source', inputDim: 7, outputDim: 3, maskZero: true },
      { ...encoder, name: 'encoder' } as LayerInput,
      { ...decoder, name: 'decoder', from: 'target', initialState: 'encoder' } as LayerInput,
    ],
    task: { type: 'classify', labels: ['a', 'b'] },
  },
  inputs: { source: ids, target: features(4, 3, 3) },
});

const merged = (type: 'concatenate' | 'add' | 'subtract' | 'multiply' | 'average' | 'maximum' | 'minimum'): [string, LossCase] => [
  type,
  sequenceModel(
    { type: 'gru', units: 3, returnSequences: true },
    { type: 'lstm', units: 3, returnSequences: true, from: 'input' },
    { type, from: ['gru_0', 'lstm_0'] },
  ),
];

const conv = { type: 'conv1d', filters: 4, kernelSize: 3 } as const;
/** Layers that slide over, add or rearrange steps. */
const stepCases: [string, LossCase][] = [
  ['conv1d', sequenceModel(conv)],
  ['conv1d causal, dilated, masked', maskedModel({ ...conv, padding: 'causal', dilationRate: 2, activation: 'tanh' })],
  ['conv1d same, strides, groups, masked', maskedModel(lstm, { ...conv, filters: 6, padding: 'same', strides: 2, groups: 3 })],
  ['conv1d, strides beyond the kernel, no bias', sequenceModel(lstm, { ...conv, kernelSize: 2, strides: 3, useBias: false })],
  [
    'conv1d causal from a state, masked',
    { ...maskedModel({ ...conv, padding: 'causal' }), initialState: { conv1d_0: { count: 1, units: 6 } } },
  ],
  ['depthwiseConv1d', sequenceModel(lstm, { type: 'depthwiseConv1d', kernelSize: 2, depthMultiplier: 2, dilationRate: 2 })],
  ['depthwiseConv1d same, strides, masked', maskedModel({ type: 'depthwiseConv1d', kernelSize: 3, strides: 2, padding: 'same' })],
  ['maxPooling1d', sequenceModel(lstm, { type: 'maxPooling1d', padding: 'same' })],
  ['maxPooling1d, masked', maskedModel({ type: 'maxPooling1d', poolSize: 3, strides: 1, padding: 'same' })],
  ['averagePooling1d, masked', maskedModel({ type: 'averagePooling1d', poolSize: 3, strides: 2, padding: 'same' })],
  ['timeDistributed', maskedModel({ type: 'timeDistributed', layer: { type: 'dense', units: 4, activation: 'tanh' } })],
  ['upSampling1d, masked', maskedModel({ type: 'upSampling1d', size: 3 })],
  [
    'zeroPadding1d and cropping1d, masked',
    maskedModel({ type: 'zeroPadding1d', padding: [2, 1] }, { type: 'cropping1d', cropping: [1, 0] }),
  ],
  ['masking, then a gru', sequenceModel(lstm, { type: 'masking' }, { type: 'gru', units: 2 })],
  [
    'repeatVector, reshape, permute and flatten',
    sequenceModel(
      { type: 'gru', units: 3 },
      { type: 'repeatVector', n: 4 },
      { type: 'reshape', targetShape: [-1, 2] },
      { type: 'permute', dims: [2, 1] },
      lstm,
      { type: 'flatten' },
    ),
  ],
  ['spatialDropout1d', trained(sequenceModel(lstm, { type: 'spatialDropout1d', rate: 0.5 }))],
  ['gaussianNoise', trained(sequenceModel({ type: 'gaussianNoise', stddev: 0.5 }, lstm))],
];

const toItself = { from: ['embedding_0', 'embedding_0'] };
/** The key's bias adds the same to every score of a query, so its gradient is zero. */
const multiHead = (options: object): LossCase => ({
  ...maskedModel({ type: 'multiHeadAttention', ...toItself, numHeads: 2, keyDim: 3, ...options }),
  zeroGradients: ['multiHeadAttention_0/key/bias'],
});
const attentionCases: [string, LossCase][] = [
  ['attention, masked', maskedModel({ type: 'attention', ...toItself })],
  ['attention with a scale, causal', maskedModel({ type: 'attention', ...toItself, useScale: true, causal: true })],
  ['attention general, masked', maskedModel({ type: 'attention', ...toItself, score: 'general' })],
  ['attention concat', maskedModel({ type: 'attention', ...toItself, score: 'concat', useScale: true })],
  ['attention additive, masked', maskedModel({ type: 'attention', ...toItself, score: 'additive' })],
  ['attention additive with units', maskedModel({ type: 'attention', ...toItself, score: 'additive', units: 4 })],
  ['attention, dropout', trained(maskedModel({ type: 'attention', ...toItself, dropout: 0.4 }))],
  [
    'attention of one query to a value with a key',
    sequenceModel(
      { type: 'gru', units: 4 },
      { ...lstm, name: 'value', from: 'input' },
      { type: 'attention', score: 'general', from: ['gru_0', 'value', 'input'] },
    ),
  ],
  ['multiHeadAttention, masked', multiHead({ valueDim: 2 })],
  ['multiHeadAttention, causal, dropout', trained(multiHead({ causal: true, dropout: 0.4 }))],
];

/** Every cell, layer and option that a gradient runs through. */
export const gradientCases: [string, LossCase][] = [
  ...cellCases,
  ...stepCases,
  ...attentionCases,
  ...otherCells,
  ['lstm with an output activation', maskedModel({ ...lstm, outputActivation: 'softplus' })],
  ...activations.map((activation): [string, LossCase] => [
    `dense ${JSON.stringify(activation)}`,
    sequenceModel({ type: 'dense', units: 4, activation }),
  ]),
  ...(['sum', 'mul', 'ave'] as const).map((mergeMode): [string, LossCase] => [
    `bidirectional ${mergeMode}`,
    maskedModel({ type: 'bidirectional', layer: { type: 'gru', units: 3 }, mergeMode }),
  ]),
  ['gru on a single step', { ...sequenceModel({ type: 'gru', units: 3, returnSequences: true }), inputs: features(3, 1, 3) }],
  ['stack of three cells', maskedModel(lstm, { type: 'gru', units: 3, returnSequences: true }, { type: 'simpleRNN', units: 2 })],
  ['embedding, ids that repeat', maskedModel()],
  [
    'embedding with a row of zeros',
    {
      ...maskedModel(),
      spec: {
        input: { type: 'tokens', maxLength: 10 },
        layers: [{ type: 'embedding', inputDim: 7, outputDim: 3, paddingIdx: 0 }, lstm],
        task: { type: 'classify', labels: ['a', 'b'] },
      },
    },
  ],
  ['dense on a sequence', sequenceModel({ type: 'dense', units: 4, activation: 'tanh' })],
  ['dense relu on a vector', sequenceModel({ type: 'gru', units: 3 }, { type: 'dense', units: 4, activation: 'relu' })],
  ['dense softmax', sequenceModel({ type: 'gru', units: 3 }, { type: 'dense', units: 4, activation: 'softmax' })],
  ['activation elu', sequenceModel({ type: 'activation', activation: 'elu' }, lstm)],
  ['dropout of elements', trained(sequenceModel(lstm, { type: 'dropout', rate: 0.5 }))],
  ['dropout of features', trained(sequenceModel(lstm, { type: 'dropout', rate: 0.5, noise: 'features' }))],
  ['dropout of steps', trained(sequenceModel(lstm, { type: 'dropout', rate: 0.5, noise: 'steps' }))],
  ['batchNormalization in training', trained(sequenceModel(lstm, { type: 'batchNormalization' }))],
  ['batchNormalization in training, masked', trained(maskedModel(lstm, { type: 'batchNormalization' }))],
  ['batchNormalization in training, frozen', trained(sequenceModel(lstm, { type: 'batchNormalization', trainable: false }))],
  ['batchNormalization of vectors', trained(sequenceModel({ type: 'gru', units: 3 }, { type: 'batchNormalization' }))],
  ['batchNormalization in inference', sequenceModel(lstm, { type: 'batchNormalization' })],
  ['layerNormalization', sequenceModel(lstm, { type: 'layerNormalization' })],
  ['pooling', sequenceModel(lstm, { type: 'pooling', modes: ['average', 'max', 'last'] })],
  ['pooling, masked', maskedModel(lstm, { type: 'pooling', modes: ['average', 'max', 'last'] })],
  ['lstm from the state of an lstm', decoderModel({ type: 'lstm', units: 4 }, { type: 'lstm', units: 4, returnSequences: true })],
  [
    'lstm from the state of both directions',
    decoderModel(
      { type: 'bidirectional', layer: { type: 'lstm', units: 2 } },
      { type: 'bidirectional', layer: { type: 'lstm', units: 2, returnSequences: true } },
    ),
  ],
  ['gru from a vector', decoderModel({ type: 'pooling', modes: ['average'] }, { type: 'gru', units: 3, returnSequences: true })],
  merged('concatenate'),
  merged('add'),
  merged('subtract'),
  merged('multiply'),
  merged('average'),
  merged('maximum'),
  merged('minimum'),
  [
    'concatenate in time',
    sequenceModel({ type: 'gru', units: 3, returnSequences: true }, { type: 'concatenate', axis: 1, from: ['gru_0', 'input'] }),
  ],
  [
    'a layer used twice',
    sequenceModel(
      { type: 'gru', units: 3, returnSequences: true },
      { type: 'reuse', layer: 'gru_0' },
      { type: 'multiply', from: ['reuse_0', 'gru_0'] },
    ),
  ],
  [
    'logits tied to the embedding',
    maskedModel({ type: 'gru', units: 3, returnSequences: true }, { type: 'tiedDense', embedding: 'embedding_0' }),
  ],
  ['pooling at every step, masked', { ...maskedModel(lstm, { type: 'pooling', modes: ['average', 'max', 'last'] }), everyStep: true }],
];

/** The loss of a case and its gradient by each trainable parameter and initial state, on the current backend. */
export function gradientsOf(
  lossCase: LossCase,
  params: Record<string, ArrayLike<number>>,
): { value: number; gradients: Record<string, Float32Array> } {
  const { shapes, lossOfTensors, tensorsOf } = lossOf(lossCase);
  const untrained = createModel(parseModelSpec(lossCase.spec))
    .weights.filter(({ trainable }) => !trainable)
    .map(({ name }) => name);
  const names = Object.keys(shapes).filter((name) => !untrained.includes(name));
  return tf.tidy(() => {
    const tensors = tensorsOf(params);
    const { value, grads } = tf.valueAndGrads((...own: tf.Tensor[]) =>
      lossOfTensors({ ...tensors, ...Object.fromEntries(names.map((name, i) => [name, own[i] as tf.Tensor])) }),
    )(names.map((name) => tensors[name] as tf.Tensor));
    const gradients = Object.fromEntries(names.map((name, i) => [name, (grads[i] as tf.Tensor).dataSync() as Float32Array]));
    return { value: value.dataSync()[0] as number, gradients };
  });
}

export function randomParams(shapes: Record<string, number[]>): Record<string, Float64Array> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => {
      const random = createRandom('params', name);
      // float32 values, so that both backends start from the same numbers; variances must be positive.
      const draw = () => Math.fround(name.endsWith('Variance') ? 0.5 + random.uniform() : random.normal() * 0.5);
      return [name, Float64Array.from({ length: tf.util.sizeFromShape(shape) }, draw)];
    }),
  );
}
