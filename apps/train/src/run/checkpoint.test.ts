import * as v from 'valibot';
import { expect, test } from 'vitest';
import { prepare } from '../data/prepare.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import { checkIdentity, identityOf } from './checkpoint.ts';

test('columns and scaling from the data may differ; the digest of the data must match', () => {
  const prepared = prepare(v.parse(recipeSchema, tiny), 1);
  const { model } = prepared;
  const named = { ...model, spec: { ...model.spec, input: { type: 'tokens' as const, maxLength: 20, column: 'review' } } };
  expect(() => checkIdentity(identityOf(prepared), identityOf({ ...prepared, model: named }), false)).not.toThrow();
  const shorter = { ...model, spec: { ...model.spec, input: { type: 'tokens' as const, maxLength: 10 } } };
  expect(() => checkIdentity(identityOf(prepared), identityOf({ ...prepared, model: shorter }), false)).toThrow(
    'spec.input.maxLength: 20 in the checkpoint, 10 now',
  );
  expect(() => checkIdentity(identityOf(prepared), identityOf({ ...prepared, digest: 'other' }), false)).toThrow('the data changed');
});
