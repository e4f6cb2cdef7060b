/** Ways to draw a layer of a random graph, and what it reads. */
import type { ModelSpecInput } from '../../src/spec.ts';
import type { Random } from '../../src/weights/random.ts';

type LayerInput = ModelSpecInput['layers'][number];

/** What has been drawn so far and may be read. */
export interface Drawn {
  name: string;
  /** Undefined for a vector. */
  steps?: number | undefined;
  features: number;
  masked: boolean;
  /** Widths of its final state. */
  state?: number[];
}

export interface Drawing {
  random: Random;
  layers: LayerInput[];
  drawn: Drawn[];
  read: Set<string>;
}

const activations = ['linear', 'tanh', 'sigmoid', 'relu', 'elu', 'softmax', 'gelu', 'swish', 'softplus', 'softsign', 'selu', 'hardSigmoid'];

export const pick = <T>(random: Random, items: readonly T[]): T => items[random.integer(items.length)] as T;
export const chance = (random: Random, probability: number) => random.uniform() < probability;

/** Adds a layer by the name of its place. */
export function add({ layers, drawn, read }: Drawing, spec: object, shape: Omit<Drawn, 'name'>): Drawn {
  const name = `layer${layers.length}`;
  const layer = { ...spec, name } as LayerInput & { initialState?: string };
  layers.push(layer);
  for (const other of [layer.from, layer.initialState].flat()) if (other !== undefined) read.add(other);
  const result = { ...shape, name };
  drawn.push(result);
  return result;
}

/** A drawn layer or input that fits, usually one that is still unused. */
function choose({ random, drawn, read }: Drawing, fits: (shape: Drawn) => boolean): Drawn | undefined {
  const all = drawn.filter(fits);
  const unread = all.filter(({ name }) => !read.has(name));
  if (all.length === 0) return undefined;
  return pick(random, unread.length > 0 && chance(random, 0.7) ? unread : all);
}

export const isSequence = ({ steps }: Drawn): boolean => steps !== undefined;
const isWhole = (shape: Drawn) => isSequence(shape) && !shape.masked;

/** Ways to draw a layer. One that finds nothing to read draws none. */
export const kinds: ((drawing: Drawing) => void)[] = [
  recurrent,
  recurrent,
  recurrent,
  bidirectional,
  bidirectional,
  merge,
  merge,
  attend,
  attend,
  multiHead,
  perStep,
  perStep,
  normalization,
  pool,
  convolve,
  rearrange,
  reuse,
];

function cellOf({ random }: Drawing, units: number) {
  const type = pick(random, ['simpleRNN', 'lstm', 'gru'] as const);
  return {
    type,
    units,
    ...(chance(random, 0.2) && { useBias: false }),
    ...(chance(random, 0.3) && { activation: pick(random, ['tanh', 'sigmoid', 'softsign', 'hardSigmoid', 'softmax']) }),
    ...(type !== 'simpleRNN' && chance(random, 0.3) && { recurrentActivation: pick(random, ['sigmoid', 'hardSigmoid', 'softmax']) }),
    ...(type === 'gru' && chance(random, 0.3) && { resetAfter: false }),
  };
}

function recurrent(drawing: Drawing): void {
  const { random } = drawing;
  const input = choose(drawing, isSequence);
  if (!input) return;
  let units = 2 + random.integer(3);
  const cell = cellOf(drawing, units);
  const tensors = cell.type === 'lstm' ? 2 : 1;
  const from = chance(random, 0.5) ? choose(drawing, ({ state, name }) => state?.length === tensors && name !== input.name) : undefined;
  if (from?.state) units = from.state[0] as number;
  const returnSequences = chance(random, 0.6);
  // With goBackwards the outputs of padded steps come first or last, so later layers would read other steps.
  const goBackwards = chance(random, 0.2) && !(input.masked && returnSequences);
  const spec = { ...cell, units, from: input.name, returnSequences, goBackwards, ...(from && { initialState: from.name }) };
  const state = new Array(tensors).fill(units);
  add(drawing, spec, { steps: returnSequences ? input.steps : undefined, features: units, masked: returnSequences && input.masked, state });
}

function bidirectional(drawing: Drawing): void {
  const { random } = drawing;
  const input = choose(drawing, isSequence);
  if (!input) return;
  const units = 2 + random.integer(2);
  const returnSequences = chance(random, 0.6);
  const mergeMode = pick(random, ['concat', 'concat', 'sum', 'mul', 'ave']);
  const cell = { ...cellOf(drawing, units), returnSequences };
  const features = mergeMode === 'concat' ? 2 * units : units;
  const state = new Array(cell.type === 'lstm' ? 2 : 1).fill(2 * units);
  const shape = { steps: returnSequences ? input.steps : undefined, features, masked: returnSequences && input.masked, state };
  add(drawing, { type: 'bidirectional', layer: cell, from: input.name, mergeMode }, shape);
}

function merge(drawing: Drawing): void {
  const { random } = drawing;
  const type = pick(random, ['concatenate', 'concatenate', 'add', 'subtract', 'multiply', 'average', 'maximum', 'minimum']);
  const first = choose(drawing, () => true);
  if (!first) return;
  const inTime = type === 'concatenate' && isSequence(first) && chance(random, 0.3);
  const fits = ({ steps, features }: Drawn) =>
    (inTime ? steps !== undefined : steps === first.steps) && ((type === 'concatenate' && !inTime) || features === first.features);
  const others = Array.from({ length: type === 'subtract' || chance(random, 0.8) ? 1 : 2 }, () => choose(drawing, fits) as Drawn);
  const all = [first, ...others];
  const sum = (sizes: (number | undefined)[]) => sizes.reduce<number>((total, size) => total + (size as number), 0);
  add(
    drawing,
    { type, from: all.map(({ name }) => name), ...(inTime && { axis: 1 }) },
    {
      steps: inTime ? sum(all.map(({ steps }) => steps)) : first.steps,
      features: type === 'concatenate' && !inTime ? sum(all.map(({ features }) => features)) : first.features,
      masked: inTime ? all.some(({ masked }) => masked) : all.every(({ masked }) => masked),
    },
  );
}

function attend(drawing: Drawing): void {
  const { random } = drawing;
  const query = choose(drawing, isSequence);
  const score = pick(random, ['dot', 'dot', 'concat', 'additive']);
  const value = query && choose(drawing, (shape) => isSequence(shape) && shape.features === query.features);
  if (!query || !value) return;
  const causal = chance(random, 0.2) && !value.masked;
  const key = chance(random, 0.3) ? choose(drawing, (own) => own.steps === value.steps && own.features === query.features) : undefined;
  const from = [query, value, ...(key ? [key] : [])].map(({ name }) => name);
  const options = { score, causal, ...(chance(random, 0.3) && { useScale: score !== 'additive' }) };
  add(drawing, { type: 'attention', from, ...options }, { steps: query.steps, features: value.features, masked: query.masked });
}

function multiHead(drawing: Drawing): void {
  const { random } = drawing;
  const query = choose(drawing, isSequence);
  const value = choose(drawing, isSequence);
  if (!query || !value) return;
  const options = {
    numHeads: 1 + random.integer(2),
    keyDim: 2 + random.integer(2),
    useBias: chance(random, 0.7),
    causal: chance(random, 0.2),
  };
  const shape = { steps: query.steps, features: query.features, masked: query.masked };
  add(drawing, { type: 'multiHeadAttention', from: [query.name, value.name], ...options }, shape);
}

/** A layer that treats each step, or a vector, by itself. */
function perStep(drawing: Drawing): void {
  const { random } = drawing;
  const input = choose(drawing, () => true) as Drawn;
  const activation = pick(random, activations);
  const { steps, masked } = input;
  if (chance(random, 0.3)) add(drawing, { type: 'activation', activation, from: input.name }, { steps, masked, features: input.features });
  else {
    const units = 2 + random.integer(3);
    const dense = { type: 'dense', units, activation, ...(chance(random, 0.2) && { useBias: false }) };
    const each = isSequence(input) && chance(random, 0.3);
    const spec = each ? { type: 'timeDistributed', layer: dense } : dense;
    add(drawing, { ...spec, from: input.name }, { steps, masked, features: units });
  }
}

function normalization(drawing: Drawing): void {
  const { steps, features, masked, name } = choose(drawing, () => true) as Drawn;
  const type = pick(drawing.random, ['layerNormalization', 'batchNormalization']);
  add(drawing, { type, from: name, ...(chance(drawing.random, 0.3) && { center: false }) }, { steps, features, masked });
}

/** The mean of real steps; the maximum only without padding, which Keras would read. */
function pool(drawing: Drawing): void {
  const input = choose(drawing, isSequence);
  if (!input) return;
  const mode = input.masked ? 'average' : pick(drawing.random, ['average', 'max']);
  add(drawing, { type: 'pooling', modes: [mode], from: input.name }, { features: input.features, masked: false });
}

/** Windows without padded steps, which Keras would read. */
function convolve(drawing: Drawing): void {
  const { random } = drawing;
  const input = choose(drawing, (shape) => isWhole(shape) && (shape.steps as number) >= 3);
  if (!input) return;
  const steps = input.steps as number;
  const [size, filters] = [1 + random.integer(3), 2 + random.integer(3)];
  const padding = pick(random, ['valid', 'same']);
  const left = padding === 'same' ? steps : steps - size + 1;
  const [type, features, options] = pick(random, [
    ['conv1d', filters, { filters, kernelSize: size, padding: padding === 'same' && chance(random, 0.5) ? 'causal' : padding }],
    ['depthwiseConv1d', input.features, { kernelSize: size, padding }],
    ['maxPooling1d', input.features, { poolSize: size, strides: 1, padding }],
    ['averagePooling1d', input.features, { poolSize: size, strides: 1, padding }],
  ] as const);
  add(drawing, { type, from: input.name, ...options }, { steps: left, features, masked: false });
}

function rearrange(drawing: Drawing): void {
  const { random } = drawing;
  const input = choose(drawing, (shape) => !shape.masked) as Drawn | undefined;
  if (!input) return;
  const { steps, features, name: from } = input;
  const n = 2 + random.integer(3);
  if (steps === undefined) return void add(drawing, { type: 'repeatVector', n, from }, { steps: n, features, masked: false });
  const [spec, shape] = pick(random, [
    [
      { type: 'permute', dims: [2, 1] },
      { steps: features, features: steps },
    ],
    [
      { type: 'permute', dims: [2, 1] },
      { steps: features, features: steps },
    ],
    [
      { type: 'upSampling1d', size: 2 },
      { steps: 2 * steps, features },
    ],
    [{ type: 'flatten' }, { features: steps * features }],
  ]);
  add(drawing, { ...spec, from }, { ...shape, masked: false } as Omit<Drawn, 'name'>);
}

/** A layer once more, on another input of the same kind and width. */
function reuse(drawing: Drawing): void {
  const { layers, drawn } = drawing;
  const reusable = layers.filter(({ type }) => ['simpleRNN', 'lstm', 'gru', 'dense', 'layerNormalization'].includes(type));
  if (reusable.length === 0) return;
  const layer = pick(drawing.random, reusable) as LayerInput & { returnSequences?: boolean; goBackwards?: boolean; units?: number };
  if ('initialState' in layer || layer.goBackwards) return;
  const shapeOf = (name: unknown) => drawn.find((shape) => shape.name === name) as Drawn;
  const before = shapeOf(layer.from);
  const input = choose(drawing, (own) => own.features === before.features && isSequence(own) === isSequence(before));
  if (!input) return;
  const keepsSteps = !['simpleRNN', 'lstm', 'gru'].includes(layer.type) || layer.returnSequences === true;
  const shape = { steps: keepsSteps ? input.steps : undefined, masked: keepsSteps && input.masked };
  add(drawing, { type: 'reuse', layer: layer.name, from: input.name }, { ...shape, features: shapeOf(layer.name).features });
}
