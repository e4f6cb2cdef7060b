import type { EncodedSequences } from '@unroll/datasets/encoded.ts';
import { describe, expect, test } from 'vitest';
import { expectRefused, recipeOf } from '../testing/recipe-of.ts';
import { prepare } from './prepare.ts';

describe('encoded sequences', () => {
  const good: EncodedSequences = {
    ...{ name: 'x', source: '', inputs: new Float32Array(40 * 6), features: 2, lengths: new Int32Array(40).fill(3) },
    ...{ targets: new Float32Array(40), targetsOf: 'sample', targetWidth: 1 },
  };
  const encoded = (parts: Partial<EncodedSequences>, model: object = {}) =>
    recipeOf({
      data: { type: 'encoded', load: () => ({ ...good, ...parts }), validation: 0.2, test: 0.2 },
      model: () => ({
        input: { type: 'features', features: 2, maxLength: 3 },
        layers: [{ type: 'gru', units: 2 }],
        task: { type: 'classify', labels: ['a', 'b'] },
        ...model,
      }),
    });

  test('that are valid are accepted', () => expect(prepare(encoded({}), 1).digest).toMatch(/^[0-9a-f]{64}$/));
  test('the digest covers the training data', () => {
    const other = prepare(encoded({ inputs: new Float32Array(240).fill(1) }), 1).digest;
    expect(other).not.toBe(prepare(encoded({}), 1).digest);
  });
  test('of a wrong length', () => expectRefused(encoded({ inputs: new Float32Array(7) }), '120 steps need 240 inputs, there are 7'));
  test('with too few targets', () => expectRefused(encoded({ targets: new Float32Array(3) }), '40 rows need 40 targets, there are 3'));
  test('without a step', () => {
    const lengths = new Int32Array(40).fill(3).with(4, 0).with(5, 6);
    expectRefused(encoded({ lengths }), "data set 'x': sequence 4 has no step; expected at least one");
  });
  test('longer than the model reads are cut as in prediction, with a warning', () => {
    const recipe = encoded({}, { input: { type: 'features', features: 2, maxLength: 2 } });
    const { sequences, data } = prepare(recipe, 1);
    expect([...new Set(sequences.lengths)]).toEqual([2]);
    expect(sequences.starts[1]).toBe(3);
    expect(data.warnings[0]).toMatch(/^40 of 40 sequences \(100\.0 %\) are longer than the 2 steps .* to 3$/);
  });
  test('NaN and Infinity', () => {
    expectRefused(encoded({ inputs: new Float32Array(240).fill(Number.NaN, 9, 10) }), "data set 'x': input 9 is NaN; expected a number");
    expectRefused(encoded({ inputs: new Float32Array(240).fill(Number.POSITIVE_INFINITY, 3, 4) }), 'input 3 is Infinity');
  });
  test('a target that is not a class', () => {
    expectRefused(
      encoded({ targets: new Float32Array(40).fill(2, 5, 6) }),
      'the target in row 6 of its data is 2; expected a class from 0 to 1',
    );
    expectRefused(encoded({ targets: new Float32Array(40).fill(0.5, 0, 1) }), 'the target in row 1 of its data is 0.5');
  });
  test('a part without a single target', () => {
    const model = { layers: [{ type: 'gru', units: 2, returnSequences: true }], task: { type: 'tag', labels: ['a', 'b'] } };
    const targets = (from: number, to: number) => new Float32Array(120).fill(Number.NaN, from * 3, to * 3);
    const tags = (from: number, to: number) => encoded({ targets: targets(from, to), targetsOf: 'step' }, model);
    expect(prepare(tags(1, 24), 1).task.type).toBe('tag');
    expectRefused(tags(0, 24), "recipe 'mine': none of the 24 samples of the train part has a target that is not NaN");
    expectRefused(tags(24, 32), 'none of the 8 samples of the validation part');
    expectRefused(tags(32, 40), 'none of the 8 samples of the test part');
  });
  test('of other features than the model reads', () => {
    expectRefused(
      encoded({}, { input: { type: 'features', features: 3, maxLength: 3 } }),
      'its model reads 3 numbers a step, its data hold 2 numbers a step',
    );
  });
  test('with one target a sample for a model that answers every step', () => {
    const model = { layers: [{ type: 'gru', units: 2, returnSequences: true }], task: { type: 'tag', labels: ['a', 'b'] } };
    expectRefused(encoded({}, model), 'its model answers at every step, its data have one target per sample; use returnSequences: false');
  });
});
