import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { didYouMean, parseOrExplain } from './explain.ts';
import { positiveInt } from './numbers.ts';

const layer = v.variant('type', [
  v.strictObject({ type: v.literal('dense'), units: positiveInt, activation: v.optional(v.picklist(['tanh', 'sigmoid']), 'tanh') }),
  v.strictObject({ type: v.literal('pair'), of: v.optional(v.lazy(() => v.strictObject({ units: positiveInt }))) }),
]);
const schema = v.strictObject({ layers: v.array(layer), training: v.optional(v.strictObject({ epochs: positiveInt }), { epochs: 1 }) });

const linesOf = (data: unknown) => {
  try {
    parseOrExplain(schema, data, 'spec');
    return [];
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .slice(1)
      .map((line) => line.slice('  - '.length));
  }
};

describe('every mistake is told with its place and the nearest word', () => {
  const cases: [string, unknown, string[]][] = [
    [
      'two mistyped keys of one object',
      { layers: [{ type: 'dense', units: 1, activaton: 'tanh', zzz: 1 }] },
      [
        "layers[0]: unknown key 'activaton'. Did you mean 'activation'?",
        "layers[0]: unknown key 'zzz'. Valid are: type, units, activation.",
      ],
    ],
    [
      'a mistyped name',
      { layers: [{ type: 'dense', units: 1, activation: 'tahn' }] },
      ['layers[0].activation: "tahn" is not valid. Did you mean \'tanh\'?'],
    ],
    [
      'a name that is none',
      { layers: [{ type: 'dense', units: 1, activation: 3 }] },
      ['layers[0].activation: 3 is not valid. Valid are: tanh, sigmoid.'],
    ],
    ['a mistyped option', { layers: [{ type: 'dence' }] }, ['layers[0].type: unknown type "dence". Did you mean \'dense\'?']],
    [
      'a key behind a default',
      { layers: [], training: { epochs: 1, epoch: 2 } },
      ["training: unknown key 'epoch'. Did you mean 'epochs'?"],
    ],
    ['another kind', 5, ['top level: expected an object, got a number']],
    ['a number', { layers: [{ type: 'dense', units: -1 }] }, ['layers[0].units: expected at least 1']],
  ];
  test.each(cases)('%s', (_, data, expected) => expect(linesOf(data)).toEqual(expected));
});

test('what fits comes back with its defaults', () => {
  expect(parseOrExplain(schema, { layers: [{ type: 'dense', units: 2 }] }, 'spec')).toEqual({
    layers: [{ type: 'dense', units: 2, activation: 'tanh' }],
    training: { epochs: 1 },
  });
});

test('a name far from all others is answered with all others', () => {
  expect(didYouMean('unitz', ['units', 'name'])).toBe(" Did you mean 'units'?");
  expect(didYouMean('xyzzy', ['units', 'name'])).toBe(' Valid are: units, name.');
});
