import * as v from 'valibot';
import { expect, test } from 'vitest';
import { prepare } from '../data/prepare.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import { rehearseArtifact } from './rehearse-artifact.ts';

const prepared = prepare(v.parse(recipeSchema, tiny), 1);

test('a model that can be saved passes', async () => {
  await expect(rehearseArtifact(prepared)).resolves.toBeUndefined();
});

test('one that could not be read back is refused with the reason', async () => {
  const initial = () => ({ ...prepared.initial(), 'dense_0/bias': new Float32Array([Number.POSITIVE_INFINITY]) });
  await expect(rehearseArtifact({ ...prepared, initial })).rejects.toThrow(
    "recipe 'tiny': its model could be trained, but not saved: artifact: weight 'dense_0/bias' holds Infinity at index 0",
  );
});
