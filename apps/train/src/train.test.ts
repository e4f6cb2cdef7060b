import { compileWasmModules } from '@unroll/backend/node.ts';
import { describe, expect, test } from 'vitest';
import { prepare } from './prepare.ts';
import { type Recipe, recipeSchema } from './recipe.ts';
import tiny from './testing/tiny-recipe.ts';
import { type TrainEvent, TrainingDiverged, type TrainOptions, train } from './train.ts';

const recipe: Recipe = recipeSchema.parse(tiny);
const wasm = compileWasmModules();

const run = (options: Partial<TrainOptions> & { training?: Partial<Recipe['training']> } = {}) => {
  const { training, ...rest } = options;
  const seed = rest.seed ?? 1;
  return train(prepare(recipe, seed), { ...recipe.training, ...training }, { seed, workers: 2, wasm, ...rest });
};

const bits = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

describe('the same seed', () => {
  test('gives bit-identical weights, losses and scores with 1, 2 and 3 workers', async () => {
    const results = [];
    for (const workers of [1, 2, 3]) results.push(await run({ workers }));
    const [one, ...others] = results;
    expect(one?.parameters.some((value) => value !== 0)).toBe(true);
    for (const other of others) {
      expect(bits(other.parameters)).toBe(bits(one?.parameters as Float32Array));
      expect(other.test).toEqual(one?.test);
      const scores = (result: typeof other) =>
        result.history.map(({ loss, validationLoss, gradientNorm }) => [loss, validationLoss, gradientNorm]);
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
  expect(start).toMatchObject({ type: 'start', workers: 2, parameters: parameters.length });
  expect(events.filter(({ type }) => type === 'epoch')).toHaveLength(6);
  // movingMean, then movingVariance, 8 each, are the vector's last.
  const variance = parameters.slice(-8);
  expect(variance.every((value) => value > 0 && value < 1)).toBe(true);
});

test('a schedule moves the learning rate; each epoch reports its last', async () => {
  const training = { epochs: 4, earlyStopping: undefined, schedule: { type: 'cosine', minFactor: 0, warmup: 0 } } as const;
  let stepsPerEpoch = 0;
  const onEvent = (event: TrainEvent) => {
    if (event.type === 'start') stepsPerEpoch = event.stepsPerEpoch;
  };
  const { history } = await run({ training, onEvent });
  const steps = 4 * stepsPerEpoch;
  const { learningRate: peak } = recipe.training.optimizer;
  for (const [i, { learningRate }] of history.entries()) {
    const lastStep = ((i + 1) * steps) / 4 - 1;
    expect(learningRate).toBeCloseTo((peak * (1 + Math.cos((Math.PI * lastStep) / steps))) / 2, 12);
  }
  const constant = await run({ training: { ...training, schedule: undefined } });
  expect(constant.history.map(({ learningRate }) => learningRate)).toEqual([peak, peak, peak, peak]);
  expect(bits(constant.parameters)).not.toBe(bits((await run({ training })).parameters));
});

test('early stopping ends training and gives the best weights back', async () => {
  const saved: Float32Array[] = [];
  const training = {
    epochs: 30,
    optimizer: { ...recipe.training.optimizer, learningRate: 0.05 },
    earlyStopping: { monitor: 'validationLoss', patience: 2 },
  } as const;
  const { history, best, stopped, parameters } = await run({ training, onBest: async (weights) => void saved.push(weights.slice()) });
  expect(stopped).toBe('early');
  expect(history.length).toBe((best?.epoch ?? 0) + 2);
  expect(best?.validationLoss).toBe(Math.min(...history.map(({ validationLoss }) => validationLoss)));
  expect(bits(parameters)).toBe(bits(saved.at(-1) as Float32Array));
});

test('a loss that is no longer finite stops with step, layer and learning rate', async () => {
  const diverging = {
    epochs: 5,
    clipNorm: undefined,
    optimizer: { type: 'sgd', learningRate: 1e30, momentum: 0, nesterov: false },
  } as const;
  const error = await run({ training: diverging }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TrainingDiverged);
  expect((error as Error).message).toMatch(
    /^training diverged at epoch 1, step \d+: the loss is (NaN|Infinity); the first layer whose output is not finite is '\w+'; the learning rate is 1e\+30\. Lower it \(try 1e\+29\) or set clipNorm\.$/,
  );
});

test('an abort ends after the step under way, with the best weights so far', async () => {
  const abort = new AbortController();
  const {
    stopped,
    test: scores,
    history,
  } = await run({
    training: { epochs: 100, earlyStopping: undefined },
    signal: abort.signal,
    onEvent: (event) => event.type === 'step' && event.epoch === 2 && abort.abort(),
  });
  expect(stopped).toBe('aborted');
  expect(history).toHaveLength(1);
  expect(scores).toBeUndefined();
});
