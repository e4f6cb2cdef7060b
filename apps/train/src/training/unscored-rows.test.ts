/** Rows without a target, and shards of padding only: the loss and its gradient are means over the scored rows, for every distribution over shards. */
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { EncodedSequences } from '@unroll/datasets/encoded.ts';
import type { ModelSpecInput } from '@unroll/model/spec.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { TrainEvent } from '../recipe/events.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import { type TrainOptions, train } from './train.ts';

const engine = chooseEngine('wasm').setup;
const SAMPLES = 20;
const TRAINING_SAMPLES = 16;
const WIDTH = 24;

interface Case {
  layers: ModelSpecInput['layers'];
  /** Of the id at a step; NaN leaves the step unscored. */
  targetOf: (id: number, sample: number, step: number) => number;
  training: object;
  inputOf?: (sample: number, step: number) => number;
  task?: ModelSpecInput['task'];
  targetsOf?: 'sample' | 'step';
}

function run(
  { layers, targetOf, training, inputOf = (sample, t) => 1 + ((sample * WIDTH + t) % 5), task, targetsOf = 'step' }: Case,
  options: TrainOptions = {},
) {
  const ids = Array.from({ length: SAMPLES * WIDTH }, (_, i) => inputOf(Math.floor(i / WIDTH), i % WIDTH));
  const inputs = task?.type === 'forecast' ? Float32Array.from(ids) : Int32Array.from(ids);
  const perStep = Float32Array.from(ids, (id, i) => targetOf(id, Math.floor(i / WIDTH), i % WIDTH));
  const load = (): EncodedSequences => ({
    name: 'unscored',
    source: '',
    inputs,
    features: task?.type === 'forecast' ? 1 : 0,
    lengths: new Int32Array(SAMPLES).fill(WIDTH),
    targets: targetsOf === 'step' ? perStep : perStep.filter((_, i) => i % WIDTH === 0),
    targetsOf,
    targetWidth: 1,
  });
  const input = task?.type === 'forecast' ? { type: 'features', features: 1, maxLength: WIDTH } : { type: 'tokens', maxLength: WIDTH };
  const recipe = v.parse(recipeSchema, {
    name: 'unscored',
    description: '',
    data: { type: 'encoded', load, validation: 0.1, test: 0.1 },
    model: () => ({ input, layers, task: task ?? { type: 'tag', labels: ['even', 'odd'] } }),
    training: { epochs: 1, globalBatchSize: 2, shards: 2, optimizer: { type: 'sgd', learningRate: 0.1 }, ...training },
  });
  return train(recipe, { workers: 1, engine, ...options });
}

const embedding = { type: 'embedding', inputDim: 9, outputDim: 4, embeddingsInitializer: 'glorotUniform' } as const;
const every = { returnSequences: true } as const;
const everyOther = (id: number, _: number, step: number) => (step % 2 === 0 ? id % 2 : Number.NaN);

describe('steps without a target', () => {
  /** Equal probabilities at a rate too small to move them: the loss is ln 2 at every step. */
  const even: ModelSpecInput['layers'] = [
    embedding,
    { type: 'gru', units: 4, ...every },
    { type: 'dense', units: 2, kernelInitializer: 'zeros' },
  ];
  const still = { optimizer: { type: 'sgd', learningRate: 1e-12 } };

  test.each([
    ['whole samples', {}],
    ['whole samples, gradients of three batches summed', { accumulate: 3 }],
    ['windows of 8 steps', { bpttSteps: 8 }],
    ['windows of 5 steps in one shard', { bpttSteps: 5, shards: 1 }],
    ['windows of 1 step, of which every other holds no target', { bpttSteps: 1, globalBatchSize: 1, shards: 1 }],
  ])('are left out of the mean: %s', async (_, training) => {
    const { history, final } = await run({ layers: even, targetOf: everyOther, training: { ...still, ...training } });
    expect(history[0]?.loss).toBeCloseTo(Math.LN2, 5);
    expect(history[0]?.validation.loss).toBeCloseTo(Math.LN2, 5);
    expect(final?.test.scores.loss).toBeCloseTo(Math.LN2, 5);
  });

  test('a forecast at every step leaves them out too', async () => {
    const column = { name: 'x', mean: 0, scale: 1 };
    const task: Case['task'] = { type: 'forecast', horizon: 1, inputs: [column], targets: [column] };
    // Outputs of zero, targets of 3: a squared error of 9 at each scored step.
    const layers: ModelSpecInput['layers'] = [
      { type: 'gru', units: 2, ...every },
      { type: 'dense', units: 1, kernelInitializer: 'zeros' },
    ];
    const targetOf = (_: number, __: number, step: number) => (step % 3 === 0 ? 3 : Number.NaN);
    for (const training of [{}, { bpttSteps: 4 }]) {
      const { history } = await run({ layers, targetOf, task, training: { ...still, ...training } });
      expect(history[0]?.loss).toBeCloseTo(9, 4);
      expect(history[0]?.validation['MAE x']).toBeCloseTo(3, 4);
    }
  });

  test('a stream cut into windows has the gradient of the whole stream', async () => {
    // Without recurrent weights no gradient flows from a window into the one before, so truncation loses nothing.
    const layers: ModelSpecInput['layers'] = [
      embedding,
      { type: 'simpleRNN', units: 4, recurrentInitializer: 'zeros', ...every },
      { type: 'dense', units: 2 },
    ];
    const targetOf = (id: number, _: number, step: number) => (step % 5 === 0 || step > 19 ? Number.NaN : id % 2);
    // All windows of the training samples make one step.
    const withWindows = (bpttSteps: number) => {
      const accumulate = TRAINING_SAMPLES * Math.ceil(WIDTH / bpttSteps);
      return run({ layers, targetOf, training: { bpttSteps, globalBatchSize: 1, shards: 1, accumulate } });
    };
    const whole = await withWindows(WIDTH);
    for (const bpttSteps of [1, 5, 8]) {
      const cut = await withWindows(bpttSteps);
      expect(cut.history[0]?.loss).toBeCloseTo(whole.history[0]?.loss as number, 5);
      expect(cut.history[0]?.gradientNorm).toBeCloseTo(whole.history[0]?.gradientNorm as number, 5);
      for (const [i, value] of cut.parameters.entries()) expect(value).toBeCloseTo(whole.parameters[i] as number, 5);
    }
  });

  test('moving averages of a batch are means over the shards that are scored', async () => {
    // The input never changes, so every shard has the same statistics: their mean must be these, whatever the weights of shards.
    const layers: ModelSpecInput['layers'] = [
      embedding,
      { type: 'simpleRNN', units: 3, ...every },
      { type: 'batchNormalization', momentum: 0 },
      { type: 'dense', units: 2 },
    ];
    const of = async (targetOf: Case['targetOf']) => {
      const { parameters } = await run({ layers, targetOf, inputOf: () => 3, training: { ...still, bpttSteps: WIDTH } });
      return parameters.slice(-6, -3);
    };
    const [full, partly] = [await of((id) => id % 2), await of(everyOther)];
    expect(full.every((value) => value !== 0)).toBe(true);
    for (const [i, value] of partly.entries()) expect(value).toBeCloseTo(full[i] as number, 5);
  });
});

describe('a step without a single scored row', () => {
  const layers: ModelSpecInput['layers'] = [embedding, { type: 'gru', units: 6, ...every }, { type: 'dense', units: 2 }];
  const momentum = { optimizer: { type: 'adam', learningRate: 0.05 }, ema: { decay: 0.9 } };
  /** The last samples are labelled: validation and test need some. */
  const labelled = (id: number, sample: number) => (sample < 14 && sample % 4 !== 0 ? Number.NaN : id % 2);

  test('changes nothing, and the run continues and learns', async () => {
    const steps: TrainEvent[] = [];
    const { final, history } = await run(
      { layers, targetOf: labelled, training: { ...momentum, epochs: 15, globalBatchSize: 1, shards: 1 } },
      { onEvent: (event) => event.type === 'step' && steps.push(event) },
    );
    expect(final?.test.scores.accuracy).toBeGreaterThan(0.9);
    expect(history.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    // Of 16 training samples six are labelled: each is a step, and each step has an update.
    expect(steps.map((event) => event.type === 'step' && event.updates)).toEqual(Array.from({ length: 15 * 6 }, (_, i) => i + 1));
  });

  test('moves the state of streams', async () => {
    // The first id of sample 0 reaches a loss only through the state: its last window alone is scored.
    const of = async (first: number) => {
      const { history } = await run({
        layers,
        targetOf: (id, sample, step) => (sample === 0 && step < 20 ? Number.NaN : id % 2),
        inputOf: (sample, step) => (sample === 0 && step === 0 ? first : 1 + (step % 5)),
        training: { ...momentum, bpttSteps: 4, globalBatchSize: 1, shards: 1 },
      });
      return history[0]?.loss;
    };
    expect(await of(2)).not.toBe(await of(7));
  });

  test('gives the same bits for any number of workers', async () => {
    const of = async (workers: number) =>
      (await run({ layers, targetOf: labelled, training: { ...momentum, epochs: 2, shards: 2, bpttSteps: 3 } }, { workers })).parameters;
    expect(Buffer.from((await of(1)).buffer).equals(Buffer.from((await of(2)).buffer))).toBe(true);
  });
});

test.each([
  ['lstm', { type: 'lstm', units: 4, activation: 'relu' }],
  ['gru', { type: 'gru', units: 4, recurrentActivation: 'elu' }],
  ['simpleRNN', { type: 'simpleRNN', units: 4, activation: 'elu' }],
  ['lstm with a fused kernel', { type: 'lstm', units: 4 }],
] as const)('shards of padding only have no gradient for the cell: %s', async (_, cell) => {
  const { history } = await run({
    layers: [{ ...embedding, maskZero: true }, cell, { type: 'dense', units: 2 }],
    inputOf: (sample) => (sample % 4 < 2 ? 1 + (sample % 2) : 0),
    targetOf: (_, sample) => sample % 2,
    targetsOf: 'sample',
    task: { type: 'classify', labels: ['even', 'odd'] },
    training: { epochs: 2, globalBatchSize: 4, shards: 4 },
  });
  expect(history).toHaveLength(2);
  expect(history.every(({ loss, gradientNorm }) => Number.isFinite(loss) && gradientNorm > 0)).toBe(true);
});

test('a model without a weight has a loss and no gradient', async () => {
  const { history } = await run({
    layers: [
      { type: 'embedding', inputDim: 9, outputDim: 2 },
      { type: 'pooling', modes: ['last'] },
    ],
    targetOf: (_, sample) => sample % 2,
    targetsOf: 'sample',
    task: { type: 'classify', labels: ['even', 'odd'] },
    training: {},
  });
  expect(history[0]?.loss).toBeGreaterThan(0);
});
