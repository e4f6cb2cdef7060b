import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { layoutOf, views } from '@unroll/model/layout.ts';
import { optimizerSpec } from '@unroll/model/optimizers.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import type { TrainEvent } from '../recipe/events.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import tinyExtra from '../testing/tiny-extra-recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyRuled from '../testing/tiny-ruled-recipe.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { type TrainOptions, train } from './train.ts';

const engine = chooseEngine('wasm').setup;
const base: Recipe = v.parse(recipeSchema, tiny);
const writer: Recipe = v.parse(recipeSchema, tinyWriter);
const ruled: Recipe = v.parse(recipeSchema, tinyRuled);

const run = ({ training, callbacks = [], recipe = base, ...rest }: Partial<TrainOptions> & RunOptions = {}) =>
  train({ ...recipe, callbacks, training: { ...recipe.training, ...training } }, { workers: 2, engine, ...rest });
interface RunOptions {
  recipe?: Recipe;
  training?: Partial<Recipe['training']>;
  callbacks?: Recipe['callbacks'];
}

const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

describe('the same seed gives bit-identical weights, losses and scores with 1, 2, 3 and 4 workers', () => {
  test.each([
    ['classifying whole samples', base],
    ['extra texts with probabilities, and word vectors', v.parse(recipeSchema, tinyExtra)],
    ['truncated BPTT with carried state, accumulated gradients and an average of weights', writer],
  ])('%s', async (_, recipe) => {
    const results = [];
    for (const workers of [1, 2, 3, 4]) results.push(await run({ recipe, workers }));
    const [one, ...others] = results;
    expect(one?.parameters.some((value) => value !== 0)).toBe(true);
    for (const other of others) {
      expect(bits(other.parameters)).toBe(bits(one?.parameters as Float32Array));
      expect(other.final).toEqual(one?.final);
      const scores = (result: typeof other) => result.history.map(({ loss, validation, gradientNorm }) => [loss, validation, gradientNorm]);
      expect(scores(other)).toEqual(scores(one as typeof other));
    }
  });

  test('and another seed other ones', async () => {
    const [a, b] = [await run({ seed: 1, training: { epochs: 1 } }), await run({ seed: 2, training: { epochs: 1 } })];
    expect(bits(a.parameters)).not.toBe(bits(b.parameters));
  });
});

test('learns: the training loss falls and the moving averages move', async () => {
  const events: TrainEvent[] = [];
  const { history, parameters } = await run({ training: { epochs: 6, earlyStopping: undefined }, onEvent: (event) => events.push(event) });
  expect(history.at(-1)?.loss).toBeLessThan(0.9 * (history[0]?.loss ?? 0));
  const [start] = events;
  expect(start).toMatchObject({ type: 'start', workers: 2, parameters: parameters.length, epochs: 6 });
  expect(events.filter(({ type }) => type === 'epoch')).toHaveLength(6);
  const steps = events.filter((event) => event.type === 'step');
  expect(steps.map(({ updates }) => updates)).toEqual(steps.map((_, i) => i + 1));
  for (const { utilisation } of steps) expect(utilisation.every((share) => share >= 0 && share <= 1)).toBe(true);
  // movingMean, then movingVariance, 8 each, are the vector's last.
  const variance = parameters.slice(-8);
  expect(variance.every((value) => value > 0 && value < 1)).toBe(true);
});

test('a language model learns, and the average of its weights is scored', async () => {
  const { history } = await run({ recipe: writer, training: { epochs: 4 } });
  expect(history.at(-1)?.validation.bitsPerToken).toBeLessThan(3.9);
  const { history: unaveraged } = await run({ recipe: writer, training: { epochs: 1, ema: undefined } });
  expect(unaveraged[0]?.loss).toBe(history[0]?.loss);
  expect(unaveraged[0]?.validation.loss).not.toBe(history[0]?.validation.loss);
});

test('metrics of gathered rows are the same for any number of workers, and may be monitored', async () => {
  const training: Partial<Recipe['training']> = {
    epochs: 2,
    metrics: ['auc', 'averagePrecision', 'macroF1'],
    loss: { type: 'focal', gamma: 2 },
    earlyStopping: { monitor: 'auc', patience: 2 },
  };
  const [one, three] = [await run({ training, workers: 1 }), await run({ training, workers: 3 })];
  expect(three.history.map(({ validation }) => validation)).toEqual(one.history.map(({ validation }) => validation));
  expect(one.history[0]?.validation.auc).toBeGreaterThan(0.4);
  expect(Object.keys(one.final?.test.scores ?? {})).toEqual(['loss', 'accuracy', 'auc', 'averagePrecision', 'macroF1']);
  expect(one.best?.validation.auc).toBe(Math.max(...one.history.map(({ validation }) => validation.auc as number)));
  await expect(run({ recipe: writer, training: { metrics: ['auc'] } })).rejects.toThrow("'auc' needs two labels");
});

describe('rules for weights', () => {
  test('any number of workers gives the same bits; frozen weights stay, constraints hold, the penalty is told apart', async () => {
    const steps: TrainEvent[] = [];
    const results = [];
    for (const workers of [1, 3])
      results.push(await run({ recipe: ruled, workers, onEvent: (event) => event.type === 'step' && steps.push(event) }));
    const [{ parameters, prepared, history }, other] = results as [Awaited<ReturnType<typeof train>>, Awaited<ReturnType<typeof train>>];
    expect(bits(other.parameters)).toBe(bits(parameters));
    expect(other.history.map(({ loss }) => loss)).toEqual(history.map(({ loss }) => loss));

    const weights = views(layoutOf(prepared.model.weights), parameters);
    expect(weights['embedding_0/embeddings']).toEqual(prepared.initial()['embedding_0/embeddings']);
    expect(weights['gru_0/kernel']).not.toEqual(prepared.initial()['gru_0/kernel']);
    for (const step of steps) expect(step).toMatchObject({ penalty: expect.any(Number) });
  });

  test('the last weights of a step meet their constraints', async () => {
    const { parameters, prepared } = await run({ recipe: ruled, training: { ema: undefined } });
    const weights = views(layoutOf(prepared.model.weights), parameters);
    const norms = (name: string, columns: number) =>
      Array.from({ length: columns }, (_, c) => Math.hypot(...(weights[name] as Float32Array).filter((_, i) => i % columns === c)));
    for (const norm of norms('gru_0/recurrentKernel', 360)) expect(norm).toBeLessThan(0.9 + 1e-5);
    for (const norm of norms('dense_0/kernel', 8)) expect(norm).toBeCloseTo(1, 5);
    expect(Math.min(...(weights['gru_0/bias'] as Float32Array))).toBe(0);
  });

  test('a recipe that trains nothing, or leaves out no weight, is refused', async () => {
    const frozen: Recipe['model'] = (known, settings) => {
      const spec = ruled.model(known, settings);
      return { ...spec, layers: spec.layers.map((layer) => ({ ...layer, trainable: false })) };
    };
    await expect(run({ recipe: { ...ruled, model: frozen } })).rejects.toThrow('there is nothing to train');
    const optimizer = v.parse(optimizerSpec, { type: 'sgd', excludeFromWeightDecay: ['biases'] });
    await expect(run({ recipe: ruled, training: { optimizer } })).rejects.toThrow("no trained weight has 'biases' in its name");
  });
});

describe('gradient accumulation', () => {
  test('over n batches is one batch n times as large', async () => {
    // Without dropout and batch statistics, and for samples of one length, only the order of sums differs.
    const recipe: Recipe = { ...writer, training: { ...writer.training, bpttSteps: undefined, ema: undefined, shards: 1 } };
    const data = { ...recipe.data, type: 'encoded', load: encoded } as Recipe['data'];
    const model: Recipe['model'] = ({ vocabularySize }) => ({
      input: { type: 'tokens', maxLength: 10 },
      layers: [
        { type: 'embedding', inputDim: vocabularySize, outputDim: 4 },
        { type: 'gru', units: 4, returnSequences: true },
        { type: 'dense', units: 3 },
      ],
      task: { type: 'tag', labels: ['a', 'b', 'c'] },
    });
    const shared = { epochs: 1, clipNorm: undefined, clipValue: undefined, schedule: undefined } as const;
    const of = (accumulate: number, globalBatchSize: number) =>
      run({ recipe: { ...recipe, data, model }, training: { ...shared, accumulate, globalBatchSize } });
    const [apart, together] = [await of(2, 40), await of(1, 80)];
    expect(apart.history[0]?.loss).toBeCloseTo(together.history[0]?.loss as number, 5);
    expect(apart.history[0]?.gradientNorm).toBeCloseTo(together.history[0]?.gradientNorm as number, 5);
    for (const [i, value] of apart.parameters.entries()) expect(Math.abs(value - (together.parameters[i] as number))).toBeLessThan(1e-4);
  });

  function encoded() {
    const lengths = new Int32Array(100).fill(5);
    const inputs = Int32Array.from({ length: 500 }, (_, i) => 1 + ((i * 7) % 5));
    const targets = Float32Array.from(inputs, (id, i) => (i % 11 === 0 ? Number.NaN : id % 3));
    return { name: 'x', source: 'x', inputs, features: 0, lengths, targets, targetsOf: 'step' as const, targetWidth: 1 };
  }
});

describe('schedules', () => {
  test('move the learning rate; each epoch reports its last', async () => {
    const training = { epochs: 4, earlyStopping: undefined, schedule: { type: 'cosine', minFactor: 0, warmup: 0 } } as const;
    let stepsPerEpoch = 0;
    const onEvent = (event: TrainEvent) => {
      if (event.type === 'start') stepsPerEpoch = event.stepsPerEpoch;
    };
    const { history } = await run({ training, onEvent });
    const steps = 4 * stepsPerEpoch;
    const { learningRate: peak } = base.training.optimizer;
    for (const [i, { learningRate }] of history.entries()) {
      const lastStep = ((i + 1) * steps) / 4 - 1;
      expect(learningRate).toBeCloseTo((peak * (1 + Math.cos((Math.PI * lastStep) / steps))) / 2, 12);
    }
    const constant = await run({ training: { ...training, schedule: undefined } });
    expect(constant.history.map(({ learningRate }) => learningRate)).toEqual([peak, peak, peak, peak]);
    expect(bits(constant.parameters)).not.toBe(bits((await run({ training })).parameters));
  });

  test('reduceOnPlateau lowers it after epochs that are no better', async () => {
    const schedule = { type: 'reduceOnPlateau', patience: 0, factor: 0.5, minFactor: 0.2, warmup: 0 } as const;
    const optimizer = { ...base.training.optimizer, learningRate: 0.05 };
    const { history } = await run({ training: { epochs: 10, earlyStopping: undefined, schedule, optimizer } });
    let [rate, best] = [0.05, Number.POSITIVE_INFINITY];
    for (const { learningRate, validation } of history) {
      expect(learningRate).toBeCloseTo(rate, 12);
      if (validation.loss < best) best = validation.loss;
      else rate = Math.max(rate / 2, 0.01);
    }
    expect(history.at(-1)?.learningRate).toBeLessThan(0.05);
  });
});

test('early stopping ends training and gives the best weights back', async () => {
  const saved: Float32Array[] = [];
  const training = {
    epochs: 30,
    optimizer: { ...base.training.optimizer, learningRate: 0.05 },
    earlyStopping: { monitor: 'accuracy', patience: 2 },
  } as const;
  const { history, best, stopped, parameters } = await run({ training, onBest: async (weights) => void saved.push(weights.slice()) });
  expect(stopped).toBe('early');
  expect(history.length).toBe((best?.epoch ?? 0) + 2);
  expect(best?.validation.accuracy).toBe(Math.max(...history.map(({ validation }) => validation.accuracy as number)));
  expect(bits(parameters)).toBe(bits(saved.at(-1) as Float32Array));
});

test('a figure that the task has not cannot be watched', async () => {
  const training = { earlyStopping: { monitor: 'acuracy', patience: 2 } };
  await expect(run({ training })).rejects.toThrow(
    "recipe 'tiny': training.earlyStopping.monitor: task 'classify' has no 'acuracy'. Did you mean 'accuracy'?",
  );
});

test('a loss that is no longer finite stops with step, layer and learning rate', async () => {
  const diverging = {
    epochs: 5,
    clipNorm: undefined,
    optimizer: { type: 'sgd', learningRate: 1e30, momentum: 0, nesterov: false },
  } as const;
  await expect(run({ training: diverging })).rejects.toMatchObject({
    name: 'TrainingDiverged',
    message: expect.stringMatching(
      /^training diverged at epoch 1, step \d+: the loss is (NaN|Infinity); the first layer whose output is not finite is '\w+'; the learning rate is 1e\+30\. Lower it \(try 1e\+29\) or set clipNorm\.$/,
    ),
  });
});

test('an abort ends after the step under way, with the best weights so far', async () => {
  const abort = new AbortController();
  const { stopped, final, history } = await run({
    training: { epochs: 100, earlyStopping: undefined },
    signal: abort.signal,
    onEvent: (event) => event.type === 'step' && event.epoch === 2 && abort.abort(),
  });
  expect(stopped).toBe('aborted');
  expect(history).toHaveLength(1);
  expect(final).toBeUndefined();
});

test("a recipe's callbacks see every event in turn and may end the run", async () => {
  const seen: string[] = [];
  const { stopped, reason, history, final } = await run({
    training: { epochs: 50, earlyStopping: undefined },
    callbacks: [
      async (event, { stop }) => {
        await new Promise((resolve) => setImmediate(resolve));
        seen.push(event.type);
        if (event.type === 'epoch' && event.epoch === 2) stop('enough');
      },
    ],
  });
  expect(history).toHaveLength(2);
  expect([stopped, reason]).toEqual(['callback', 'enough']);
  expect(final?.test.scores.accuracy).toBeGreaterThan(0.3);
  expect(seen[0]).toBe('start');
  expect(seen.at(-1)).toBe('epoch');
});

test('an error in a callback ends the run', async () => {
  const callbacks: Recipe['callbacks'] = [
    (event) => {
      if (event.type === 'epoch') throw new Error('my own trouble');
    },
  ];
  await expect(run({ callbacks })).rejects.toThrow('my own trouble');
});

test('class weights and label smoothing change training, not scoring', async () => {
  const training = { epochs: 1 };
  const plain = await run({ training });
  const weighted = await run({ training: { ...training, classWeights: [1, 5] } });
  const smoothed = await run({ training: { ...training, labelSmoothing: 0.2 } });
  const balanced = await run({ training: { ...training, classWeights: 'balanced' } });
  for (const other of [weighted, smoothed, balanced]) expect(bits(other.parameters)).not.toBe(bits(plain.parameters));
  await expect(run({ training: { classWeights: [1, 2, 3] } })).rejects.toThrow('expected a class weight for each of 2 labels, got 3');
});
