import { type Artifact, encodeArtifact } from '@unroll/artifact/artifact.ts';
import { quantizeWeights } from '@unroll/artifact/quantize.ts';
import { createModel } from '@unroll/model/model.ts';
import { type ModelSpecInput, parseModelSpec } from '@unroll/model/spec.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';

export interface TinyModel {
  artifact: Artifact;
  bytes: Uint8Array<ArrayBuffer>;
  digest: string;
}

/** A small untrained model. The same seed gives the same model and the same, meaningless answers. */
async function modelOf(
  name: string,
  input: ModelSpecInput,
  tokenizer: Tokenizer | Record<string, Tokenizer> | undefined,
  seed: number,
): Promise<TinyModel> {
  const spec = parseModelSpec(input);
  const model = createModel(spec);
  const init = model.init(seed);
  const weights = quantizeWeights(
    Object.fromEntries(
      model.weights.map(({ name, shape }) => [name, { dtype: 'float32' as const, shape, values: init[name] as Float32Array }]),
    ),
  );
  const artifact: Artifact = {
    name,
    spec: { ...spec },
    ...tokenizersIn(tokenizer),
    metrics: { accuracy: 0.5 },
    createdAt: '2026-01-01T00:00:00.000Z',
    weights,
  };
  return { artifact, ...(await encodeArtifact(artifact)) };
}

/** A tokenizer, or one of each name, as a model file holds them. */
function tokenizersIn(given: Tokenizer | Record<string, Tokenizer> | undefined): Pick<Artifact, 'tokenizer' | 'tokenizers'> {
  if (!given) return {};
  if (given instanceof Tokenizer) return { tokenizer: { ...given.toJSON() } };
  return { tokenizers: Object.fromEntries(Object.entries(given).map(([name, tokenizer]) => [name, { ...tokenizer.toJSON() }])) };
}

const causalLayers: ModelSpecInput['layers'] = [
  { type: 'gru', units: 5, returnSequences: true },
  { type: 'pooling', modes: ['average', 'max'] },
];

/** A classifier of texts. */
export function tinyModel(name: string, { layers = causalLayers, seed = 1 }: { layers?: ModelSpecInput['layers']; seed?: number } = {}) {
  const tokenizer = new Tokenizer({ oovToken: '[UNK]' });
  tokenizer.fitOnTexts(['the food was good', 'the food was not good', 'bad service']);
  const spec: ModelSpecInput = {
    input: { type: 'tokens', maxLength: 20 },
    layers: [
      { type: 'embedding', inputDim: tokenizer.vocabularySize, outputDim: 6, maskZero: true, embeddingsInitializer: 'glorotUniform' },
      ...layers,
      { type: 'dense', units: 1 },
    ],
    task: { type: 'classify', labels: ['negative', 'positive'] },
  };
  return modelOf(name, spec, tokenizer, seed);
}

/** A language model of characters. */
export function tinyWriter(name: string) {
  const tokenizer = new Tokenizer({ charLevel: true });
  tokenizer.fitOnTexts(['call me ishmael. ']);
  const { vocabularySize } = tokenizer;
  const spec: ModelSpecInput = {
    input: { type: 'tokens', maxLength: 10_000 },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 6, embeddingsInitializer: 'standardNormal' },
      { type: 'lstm', units: 8, returnSequences: true },
      { type: 'dense', units: vocabularySize },
    ],
    task: { type: 'generate' },
  };
  return modelOf(name, spec, tokenizer, 1);
}

/** Forecasts two steps of a load, with an interval. */
export function tinyForecaster(name: string) {
  const load = { name: 'load', mean: 10, scale: 2 };
  const spec: ModelSpecInput = {
    input: { type: 'features', features: 3, maxLength: 5 },
    layers: [
      { type: 'gru', units: 4 },
      { type: 'dense', units: 6 },
    ],
    task: {
      type: 'forecast',
      ...{ horizon: 2, inputs: [load], known: [{ name: 'hour', mean: 12, scale: 6 }], targets: [load], quantiles: [0.1, 0.5, 0.9] },
    },
  };
  return modelOf(name, spec, undefined, 1);
}

const petals = [
  { name: 'length', mean: 50, scale: 0.5 },
  { name: 'width', mean: 30, scale: 5 },
];

/** Predicts two numbers from rows of a table. */
export function tinyRegressor(name: string) {
  const targets = [
    { name: 'price', mean: 200, scale: 40 },
    { name: 'days', mean: 9, scale: 2 },
  ];
  const spec: ModelSpecInput = {
    input: { type: 'features', features: 1, maxLength: 2, columns: petals },
    layers: [
      { type: 'gru', units: 4, kernelInitializer: 'standardNormal' },
      { type: 'dense', units: 2, kernelInitializer: 'standardNormal' },
    ],
    task: { type: 'regress', targets },
  };
  return modelOf(name, spec, undefined, 1);
}

/** Classifies rows of a table of two numbers. */
export function tinyTable(name: string) {
  const spec: ModelSpecInput = {
    input: { type: 'features', features: 1, maxLength: 2, columns: petals },
    layers: [
      { type: 'gru', units: 4 },
      { type: 'dense', units: 2 },
    ],
    task: { type: 'classify', labels: ['oval', 'round'] },
  };
  return modelOf(name, spec, undefined, 1);
}

/** A tokenizer of a few words about roads; all other words are unknown. */
function roadTokenizer() {
  const tokenizer = new Tokenizer({ oovToken: '[UNK]' });
  tokenizer.fitOnTexts(['anna drives from oslo to bergen on monday']);
  return tokenizer;
}

const roadEmbedding = (inputDim: number) =>
  ({ type: 'embedding', inputDim, outputDim: 6, maskZero: true, embeddingsInitializer: 'standardNormal' }) as const;

/** Tags each word of a text. */
export function tinyTagger(name: string) {
  const tokenizer = roadTokenizer();
  const spec: ModelSpecInput = {
    input: { type: 'tokens', maxLength: 12 },
    layers: [
      roadEmbedding(tokenizer.vocabularySize),
      { type: 'bidirectional', layer: { type: 'gru', units: 6, returnSequences: true } },
      { type: 'dense', units: 4, kernelInitializer: 'standardNormal' },
    ],
    task: { type: 'tag', labels: ['O', 'person', 'place', 'day'] },
  };
  return modelOf(name, spec, tokenizer, 5);
}

/** Gives a text one of three topics. */
export function tinyTopics(name: string) {
  const tokenizer = roadTokenizer();
  const spec: ModelSpecInput = {
    input: { type: 'tokens', maxLength: 12 },
    layers: [roadEmbedding(tokenizer.vocabularySize), { type: 'gru', units: 6 }, { type: 'dense', units: 3 }],
    task: { type: 'classify', labels: ['travel', 'sport', 'money'] },
  };
  return modelOf(name, spec, tokenizer, 2);
}

/** Classifies a sequence of rows of two numbers, with three independent labels. */
export function tinyMarks(name: string) {
  const spec: ModelSpecInput = {
    input: { type: 'features', features: 2, maxLength: 6 },
    layers: [
      { type: 'gru', units: 4 },
      { type: 'dense', units: 3 },
    ],
    task: { type: 'classify', labels: ['fast', 'loud', 'far'], multiLabel: true },
  };
  return modelOf(name, spec, undefined, 3);
}

/** Tags a sequence of token ids. */
export function tinyIds(name: string) {
  const spec: ModelSpecInput = {
    input: { type: 'tokens', maxLength: 6 },
    layers: [roadEmbedding(9), { type: 'gru', units: 4, returnSequences: true }, { type: 'dense', units: 2 }],
    task: { type: 'tag', labels: ['even', 'odd'] },
  };
  return modelOf(name, spec, undefined, 3);
}

/** Translates a few German words into English ones, by default with attention. German words that it does not know are left out. */
export function tinyTranslator(name: string, { attention = true } = {}) {
  const german = new Tokenizer();
  german.fitOnTexts(['der hund schläft im haus']);
  const english = new Tokenizer();
  english.fitOnTexts(['the dog sleeps in a house']);
  const [start, end] = [english.vocabularySize, english.vocabularySize + 1];
  const words = { type: 'embedding', outputDim: 8, maskZero: true, embeddingsInitializer: 'standardNormal' } as const;
  const attending: ModelSpecInput['layers'] = [
    { type: 'attention', name: 'context', from: ['decoder', 'encoder'], score: 'general' },
    { type: 'concatenate', from: ['decoder', 'context'] },
  ];
  const spec: ModelSpecInput = {
    inputs: { source: { type: 'tokens', maxLength: 8 }, target: { type: 'tokens', maxLength: 6 } },
    layers: [
      { ...words, from: 'source', inputDim: german.vocabularySize },
      { type: 'bidirectional', name: 'encoder', layer: { type: 'lstm', units: 8, returnSequences: true } },
      { ...words, from: 'target', inputDim: end + 1 },
      { type: 'lstm', name: 'decoder', units: 16, returnSequences: true, initialState: 'encoder' },
      ...(attention ? attending : []),
      { type: 'dense', units: end + 1, kernelInitializer: 'standardNormal' },
    ],
    task: { type: 'translate', start, end, beam: 3 },
  };
  return modelOf(name, spec, { source: german, target: english }, 5);
}
