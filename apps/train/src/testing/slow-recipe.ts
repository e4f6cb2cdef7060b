import * as v from 'valibot';
import { recipeSchema } from '../recipe/recipe.ts';
import tiny from './tiny-recipe.ts';

const recipe = v.parse(recipeSchema, tiny);

/** Trains for some seconds, long enough to be interrupted. */
export default { ...recipe, training: { ...recipe.training, epochs: 100, globalBatchSize: 4, earlyStopping: undefined } };
