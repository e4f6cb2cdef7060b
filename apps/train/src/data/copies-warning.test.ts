import { expect, test } from 'vitest';
import { copiesWarning } from './copies-warning.ts';
import { sharedFloats, sharedInts } from './sequences.ts';

const MB = 2 ** 20;
const corpus = {
  inputs: sharedInts(MB),
  targets: sharedFloats(MB),
  starts: sharedInts(3),
  lengths: sharedInts(3),
  features: 0,
  targetsOf: 'step',
  targetWidth: 1,
} as const;

test('copies of data above a quarter of the memory are a warning that names workers, and unroll pack for a text', () => {
  expect(copiesWarning(corpus, 4, 120 * MB)).toEqual([
    'each of the 4 ranks on this machine keeps a copy of the data: 32 MB of 120 MB. Start fewer ranks with more --workers, ' +
      'which share one copy; or pack a long text with: unroll pack. Ranks read only their windows of a token file',
  ]);
  expect(copiesWarning({ ...corpus, features: 1 }, 4, 120 * MB)[0]).toMatch(/which share one copy$/);
  expect(copiesWarning(corpus, 4, 130 * MB)).toEqual([]);
  expect(copiesWarning(corpus, 1, 1 * MB)).toEqual([]);
});
