import * as v from 'valibot';
import { expect } from 'vitest';
import { prepare } from '../data/prepare.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';

/** One epoch of two shards. */
export const training = { epochs: 1, globalBatchSize: 8, shards: 2, optimizer: { type: 'adam' } };

/** A recipe of one epoch with these parts. */
export const recipeOf = (parts: object): Recipe => v.parse(recipeSchema, { name: 'mine', description: '', training, ...parts });

/** Expects the recipe's data to be refused with this message. */
export const expectRefused = (recipe: Recipe, message: string | RegExp) => expect(() => prepare(recipe, 1)).toThrow(message);
