/** Layers that slide over, add, remove or rearrange steps: against Keras 3, in ragged batches, in pieces, and without our op. */
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import golden from '../../goldens/steps.json' with { type: 'json' };
import { formulaParams, stepsInputs, wave } from '../../testing/golden-formulas.ts';
import { createModel, type Model, type State } from '../model.ts';
import { type ModelSpecInput, parseModelSpec } from '../spec.ts';
import { taskOf } from '../tasks/registry.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

type Layers = ModelSpecInput['layers'];

/** A model of `features` features; of a fixed length with `steps`. */
function modelOf(layers: Layers, features: number, steps?: number): Model {
  const input = { type: 'features' as const, features, maxLength: steps ?? 100, ...(steps && { fixedLength: true }) };
  return createModel(parseModelSpec({ input, layers, task: { type: 'classify', labels: ['a', 'b'] } }));
}

const difference = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  expect(actual.length).toBe(expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - (actual[i] ?? Number.NaN))), 0);
};

describe('as Keras 3', () => {
  test.each(golden.layers.map((entry) => [entry.name, entry] as const))('%s', (_, { steps, spec, shape, output }) => {
    tf.tidy(() => {
      const [B = 0] = shape;
      const model = modelOf(spec as Layers, golden.features, steps);
      const inputs = stepsInputs(spec, [B, steps, golden.features]);
      const { outputs } = model.apply(formulaParams(model.weights), inputs);
      expect(outputs.shape).toEqual(shape);
      expect(difference(outputs.dataSync(), output)).toBeLessThan(2e-6);
      const known =
        model.output.kind === 'vector' ? [B, model.output.features] : [B, 'steps' in model.output && model.output.steps, shape[2]];
      expect(known).toEqual(shape);
    });
  });
});

const windows = fc.record({
  kernelSize: fc.integer({ min: 1, max: 5 }),
  strides: fc.integer({ min: 1, max: 4 }),
  dilationRate: fc.integer({ min: 1, max: 3 }),
  padding: fc.constantFrom('valid' as const, 'same' as const),
});
const withoutBoth = windows.map((drawn) => (drawn.strides > 1 ? { ...drawn, dilationRate: 1 } : drawn));

const slidingLayers: fc.Arbitrary<Layers[number]> = fc.oneof(
  fc.record({ drawn: withoutBoth, causal: fc.boolean(), groups: fc.constantFrom(1, 2) }).map(({ drawn, causal, groups }) => ({
    type: 'conv1d' as const,
    filters: 4,
    groups,
    ...drawn,
    padding: causal ? ('causal' as const) : drawn.padding,
  })),
  withoutBoth.map((drawn) => ({ type: 'depthwiseConv1d' as const, depthMultiplier: 2, ...drawn })),
  fc
    .record({ drawn: windows, type: fc.constantFrom('maxPooling1d' as const, 'averagePooling1d' as const) })
    .map(({ drawn: { kernelSize: poolSize, strides, padding }, type }) => ({ type, poolSize, strides, padding })),
  fc.constantFrom<Layers[number]>(
    { type: 'upSampling1d', size: 3 },
    { type: 'zeroPadding1d', padding: [1, 2] },
    { type: 'cropping1d', cropping: [2, 1] },
    { type: 'masking' },
    { type: 'timeDistributed', layer: { type: 'dense', units: 4 } },
  ),
);

const FEATURES = 4;
const ragged = (lengths: readonly number[], T: number) =>
  tf.tensor2d(
    lengths.map((length) => Array.from({ length: T }, (_, t) => t < length)),
    [lengths.length, T],
    'bool',
  );

test('a sequence in a padded batch has the outputs that it has by itself, whatever the padding holds', () => {
  const drawn = fc.tuple(slidingLayers, slidingLayers, fc.array(fc.integer({ min: 1, max: 11 }), { minLength: 1, maxLength: 4 }));
  fc.assert(
    fc.property(drawn, ([first, second, lengths]) => {
      tf.tidy(() => {
        const model = modelOf([first, second], FEATURES);
        const params = formulaParams(model.weights);
        const T = Math.max(...lengths) + 2;
        const inputs = wave([lengths.length, T, FEATURES], 0.5);
        const mask = ragged(lengths, T);
        const real = tf.cast(tf.mul(tf.expandDims(tf.cast(mask, 'float32'), 2), tf.ones(inputs.shape)), 'bool');
        const together = model.apply(params, tf.where(real, inputs, tf.fill(inputs.shape, Number.NaN)), { mask });
        const masks = together.mask?.dataSync() ?? [];
        const [, steps = 0, features = 0] = together.outputs.shape;
        for (const [b, length] of lengths.entries()) {
          const { outputs: alone, mask } = model.apply(params, tf.slice(inputs, [b, 0, 0], [1, length, FEATURES]));
          const realAlone = mask ? Array.from(mask.dataSync()) : new Array(alone.shape[1] as number).fill(1);
          const beyond = new Array(steps - realAlone.length).fill(0);
          expect(Array.from(masks.slice(b * steps, (b + 1) * steps))).toEqual([...realAlone, ...beyond]);
          const own = tf.slice(together.outputs, [b, 0, 0], [1, alone.shape[1] as number, features]);
          expect(difference(own.dataSync(), alone.dataSync())).toBeLessThan(1e-5);
        }
      });
    }),
    { numRuns: 150 },
  );
});

test('a causal convolution in pieces gives what it gives for the whole, in ragged batches too', () => {
  const pieces = fc.array(fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 2, maxLength: 2 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 3 }), pieces, (kernelSize, dilationRate, lengths) => {
      tf.tidy(() => {
        const model = modelOf([{ type: 'conv1d', filters: 3, kernelSize, dilationRate, padding: 'causal' }], FEATURES);
        expect(model.resumes).toBe(true);
        const params = formulaParams(model.weights);
        const totals = [0, 1].map((b) => lengths.reduce((sum, piece) => sum + (piece[b] as number), 0));
        const whole = wave([2, Math.max(...totals, 1), FEATURES], 0.5);
        const expected = model.apply(params, whole).outputs;
        let state: State = {};
        const read = [0, 0];
        for (const piece of lengths) {
          const T = Math.max(...piece, 1);
          const rows = [0, 1].map((b) => {
            const own = tf.slice(whole, [b, read[b] as number, 0], [1, piece[b] as number, FEATURES]);
            return tf.concat([own, tf.fill([1, T - (piece[b] as number), FEATURES], 9)], 1);
          });
          const result = model.apply(params, tf.concat(rows, 0), { state, everyStep: true, mask: ragged(piece, T) });
          state = result.state;
          for (const b of [0, 1]) {
            const size = [1, piece[b] as number, 3];
            const actual = tf.slice(result.outputs, [b, 0, 0], size);
            expect(difference(actual.dataSync(), tf.slice(expected, [b, read[b] as number, 0], size).dataSync())).toBeLessThan(1e-5);
            read[b] = (read[b] as number) + (piece[b] as number);
          }
        }
      });
    }),
    { numRuns: 60 },
  );
});

test('an engine without our op convolves to the same values and gradients', async () => {
  const layers: Layers[] = [
    [{ type: 'conv1d', filters: 4, kernelSize: 3, padding: 'causal', dilationRate: 2 }],
    [{ type: 'conv1d', filters: 4, kernelSize: 3, strides: 2, padding: 'same', groups: 2, activation: 'tanh' }],
    [{ type: 'depthwiseConv1d', kernelSize: 3, strides: 2, padding: 'same', depthMultiplier: 2 }],
  ];
  const results = (layer: Layers) => {
    const model = modelOf(layer, FEATURES);
    const params = formulaParams(model.weights);
    const names = Object.keys(params);
    const mask = ragged([7, 4, 2], 7);
    const loss = (x: tf.Tensor, ...weights: tf.Tensor[]) => {
      const named = Object.fromEntries(names.map((name, i) => [name, weights[i] as tf.Tensor]));
      return tf.sum(tf.square(model.apply(named, x, { mask }).outputs)) as tf.Scalar;
    };
    const { value, grads } = tf.valueAndGrads(loss)([wave([3, 7, FEATURES], 0.5), ...names.map((name) => params[name] as tf.Tensor)]);
    return [value, ...grads].map((tensor) => tensor.dataSync());
  };
  const fused = layers.map(results);
  await tf.setBackend('cpu');
  const plain = layers.map(results);
  await tf.setBackend('wasm');
  for (const [i, tensors] of plain.entries()) {
    for (const [j, values] of tensors.entries()) expect(difference(fused[i]?.[j] ?? [], values)).toBeLessThan(1e-4);
  }
});

test('in training whole features drop out, and noise has its deviation', () => {
  const x = tf.ones([50, 40, FEATURES]);
  const run = (layer: Layers[number]) => modelOf([layer], FEATURES).apply({}, x, { trainingKey: ['test'] }).outputs;
  const dropped = run({ type: 'spatialDropout1d', rate: 0.5 });
  const perFeature = tf.mean(dropped, 1).dataSync();
  expect(new Set(perFeature)).toEqual(new Set([0, 2]));
  const { mean, variance } = tf.moments(run({ type: 'gaussianNoise', stddev: 0.3 }));
  expect(mean.dataSync()[0]).toBeCloseTo(1, 1);
  expect(Math.sqrt(variance.dataSync()[0] as number)).toBeCloseTo(0.3, 1);
});

test('masking leaves padded steps padded', () => {
  const mask = ragged([3], 4);
  const { mask: after } = modelOf([{ type: 'masking', maskValue: 5 }], 1).apply({}, tf.tensor3d([[[1], [5], [2], [3]]]), { mask });
  expect(Array.from(after?.dataSync() ?? [])).toEqual([1, 0, 1, 0]);
});

describe('what does not fit is refused', () => {
  const refused: [Layers[number], number | undefined, string][] = [
    [{ type: 'conv1d', filters: 4, kernelSize: 3, groups: 3 }, undefined, 'expected features that 3 groups divide, got 4'],
    [{ type: 'conv1d', filters: 3, kernelSize: 3, groups: 2 }, undefined, 'expected filters that 2 groups divide, got 3'],
    [{ type: 'conv1d', filters: 4, kernelSize: 3, strides: 2, dilationRate: 2 }, undefined, 'exclude each other'],
    [{ type: 'conv1d', filters: 4, kernelSize: 3, dilationRate: 3 }, 6, 'expected at least 7 steps, the reach of a window, got 6'],
    [{ type: 'maxPooling1d', poolSize: 7 }, 6, 'expected at least 7 steps'],
    [{ type: 'cropping1d', cropping: 3 }, 6, 'expected more than 6 steps, which it removes, got 6'],
    [
      { type: 'flatten' },
      undefined,
      'expected a sequence of a fixed length, got a sequence [batch, time, 4] of any length; set fixedLength',
    ],
    [{ type: 'reshape', targetShape: [5, -1] }, 6, 'expected a targetShape of 24 numbers (6 steps of 4), got [5, -1]'],
    [{ type: 'reshape', targetShape: [-1, -1] }, 6, 'expected a targetShape of 24 numbers'],
    [{ type: 'permute', dims: [1, 1] }, 6, 'expected dims [1, 2] or [2, 1], got [1, 1]'],
    [{ type: 'repeatVector', n: 2 }, 6, 'expected a vector [batch, n], got a sequence [batch, time, 4]'],
    [
      { type: 'timeDistributed', layer: { type: 'dropout', rate: 0.1, noise: 'steps' } },
      undefined,
      "noise 'steps' needs a sequence; put dropout on the sequence itself",
    ],
    [{ type: 'timeDistributed', layer: { type: 'dense', units: 2, name: 'a' } }, undefined, 'name does not apply inside timeDistributed'],
  ];
  test.each(refused)('%j', (layer, steps, message) => {
    expect(() => modelOf([layer], FEATURES, steps)).toThrow(message);
  });
});

test('a label or a number for each step needs an output for each step', () => {
  const modelFor = (task: ModelSpecInput['task'], layers: Layers) =>
    createModel(
      parseModelSpec({
        input: { type: 'features', features: FEATURES, maxLength: 9 },
        layers: [...layers, { type: 'dense', units: 2 }],
        task,
      }),
    );
  const tagger = (...layers: Layers) => modelFor({ type: 'tag', labels: ['a', 'b'] }, layers);
  const conv = { type: 'conv1d', filters: 4, kernelSize: 3 } as const;
  const refusal = (...layers: Layers) => expect(() => taskOf(tagger(...layers)));
  refusal(conv).toThrow("task 'tag': expected the last layer to give a step for each step of the input, got 7 for 9; use strides 1");
  // 10 steps become 5, and 9 become 5 too.
  refusal({ ...conv, strides: 2, padding: 'same' }, { type: 'upSampling1d' }).toThrow('got 10 for 9');
  refusal({ ...conv, padding: 'same' }).not.toThrow();
  refusal(conv, { type: 'zeroPadding1d' }).not.toThrow();
  const targets = ['x', 'y'].map((name) => ({ name, mean: 0, scale: 1 }));
  expect(() => taskOf(modelFor({ type: 'regress', targets }, [conv]))).toThrow(
    "task 'regress': expected the last layer to give a step for",
  );
});

test('weights start as in Keras: fans count the taps', () => {
  const limit = (fanIn: number, fanOut: number) => Math.sqrt(6 / (fanIn + fanOut));
  const model = modelOf(
    [
      { type: 'conv1d', name: 'a', filters: 64, kernelSize: 5, groups: 2 },
      { type: 'depthwiseConv1d', name: 'b', kernelSize: 7, depthMultiplier: 3 },
    ],
    32,
  );
  const init = model.init(1);
  const largest = (name: string) => Math.max(...(init[name] ?? []).map(Math.abs));
  expect(largest('a/kernel') / limit(5 * 16, 5 * 64)).toBeCloseTo(1, 1);
  expect(largest('a/kernel')).toBeLessThanOrEqual(limit(5 * 16, 5 * 64));
  expect(largest('b/depthwiseKernel') / limit(7 * 64, 7 * 3)).toBeCloseTo(1, 1);
});
