import { defineRecipe } from '../recipe.ts';
import tiny from './tiny-recipe.ts';

/** Trains until it is interrupted, however slowly the interruption comes. */
export default defineRecipe({ ...tiny, training: { ...tiny.training, epochs: 1_000_000, earlyStopping: undefined } });
