import * as v from 'valibot';
import { recipeSchema } from '../recipe/recipe.ts';
import tiny from './tiny-recipe.ts';

const recipe = v.parse(recipeSchema, tiny);

/** Trains for several seconds, so that a test can interrupt it. */
export default { ...recipe, training: { ...recipe.training, epochs: 100, globalBatchSize: 4, earlyStopping: undefined } };
