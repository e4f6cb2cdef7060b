/** Constraints and penalties against Keras 3: goldens/generate-weight-rules.py made the numbers. */
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import golden from '../../goldens/weight-rules.json' with { type: 'json' };
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';
import { layoutOf } from '../weights/layout.ts';
import { constraintSpec, regularizerSpec } from '../weights/weight-options.ts';
import { constrain } from './constraints.ts';
import { addPenaltyGradient, penalty } from './penalty.ts';
import { decayParts } from './weight-decay.ts';

const weightOf = (shape: readonly number[]) =>
  Float32Array.from({ length: shape.reduce((size, axis) => size * axis, 1) }, (_, i) => Math.sin(i * 1.7 + 0.3) * 2);

describe('constraints', () => {
  test.each(golden.constraints.map((entry) => [JSON.stringify(entry.constraint), entry] as const))('%s', (_, entry) => {
    const values = weightOf(entry.shape);
    constrain(values, entry.shape, v.parse(constraintSpec, entry.constraint));
    for (const [i, value] of values.entries()) expect(Math.abs(value - (entry.values[i] ?? Number.NaN))).toBeLessThan(1e-6);
  });

  test('an axis that the weight does not have is refused', () => {
    const layers = [{ type: 'lstm', units: 2, biasConstraint: { type: 'maxNorm', axis: 1 } }];
    const spec = { input: { type: 'features', features: 1, maxLength: 2 }, layers, task: { type: 'classify', labels: ['a', 'b'] } };
    expect(() => createModel(parseModelSpec(spec))).toThrow('biasConstraint: expected an axis below 1, the axes of [8], got 1');
  });
});

describe('penalties', () => {
  test.each(golden.regularizers.map((entry) => [JSON.stringify(entry.regularizer), entry] as const))('%s', (_, entry) => {
    const regularizer = v.parse(regularizerSpec, entry.regularizer);
    const values = weightOf(entry.shape);
    expect(penalty(values, regularizer)).toBeCloseTo(entry.penalty, 5);
    const gradient = new Float32Array(values.length).fill(1);
    addPenaltyGradient(gradient, values, regularizer, 0.5);
    const step = 2 ** -10;
    for (const i of values.keys()) {
      const moved = (by: number) => penalty(values.with(i, (values[i] as number) + by), regularizer);
      const difference = (moved(step) - moved(-step)) / (2 * step);
      expect(Math.abs((gradient[i] as number) - 1 - 0.5 * difference)).toBeLessThan(1e-4);
    }
  });
});

describe('the layout', () => {
  const model = createModel(
    parseModelSpec({
      input: { type: 'tokens', maxLength: 4 },
      layers: [
        { type: 'embedding', inputDim: 5, outputDim: 3, trainable: false },
        { type: 'bidirectional', layer: { type: 'gru', units: 2, returnSequences: true, trainable: false } },
        { type: 'batchNormalization' },
        { type: 'batchNormalization', trainable: false },
        { type: 'dense', units: 2, kernelRegularizer: { type: 'l2' }, kernelConstraint: { type: 'nonNeg' } },
      ],
      task: { type: 'tag', labels: ['a', 'b'] },
    }),
  );
  const layout = layoutOf(model.weights);
  const names = (from: number, to: number) => layout.entries.filter(({ offset }) => offset >= from && offset < to).map(({ name }) => name);

  test('trained weights, then averages, then frozen weights', () => {
    const { trainableLength, changingLength, length } = layout;
    expect(names(0, trainableLength)).toEqual([
      'batchNormalization_0/gamma',
      'batchNormalization_0/beta',
      'dense_0/kernel',
      'dense_0/bias',
    ]);
    expect(names(trainableLength, changingLength)).toEqual(['batchNormalization_0/movingMean', 'batchNormalization_0/movingVariance']);
    expect(names(changingLength, length)).toContain('embedding_0/embeddings');
    expect(names(changingLength, length)).toContain('bidirectional_0/backward/kernel');
    expect(names(changingLength, length)).toContain('batchNormalization_1/movingMean');
    expect(layout.entries.find(({ name }) => name === 'dense_0/kernel')).toMatchObject({
      regularizer: { type: 'l2', l2: 0.01 },
      constraint: { type: 'nonNeg' },
    });
  });

  test('is cut where the weight decay begins and ends', () => {
    const parts = decayParts(layout, { weightDecay: 0.1, excludeFromWeightDecay: ['bias', 'batchNormalization'] });
    expect(parts).toEqual([
      { from: 0, to: 8, weightDecay: 0 },
      { from: 8, to: 16, weightDecay: 0.1 },
      { from: 16, to: 18, weightDecay: 0 },
    ]);
    expect(() => decayParts(layout, { excludeFromWeightDecay: ['biass'] })).toThrow("no trained weight has 'biass' in its name.");
  });
});
