import { defineRecipe } from '../recipe.ts';
import tiny from './tiny-recipe.ts';

/** Trains for some seconds, long enough to be interrupted. */
export default defineRecipe({ ...tiny, training: { ...tiny.training, epochs: 100, globalBatchSize: 4, earlyStopping: undefined } });
