/** A rank that trains the test recipes and prints, on rank 0, a line of JSON with what every rank got. */
import { createHash } from 'node:crypto';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import * as v from 'valibot';
import type { Ranks } from '../ranks/ranks.ts';
import { withRanks } from '../ranks/with-ranks.ts';
import { recipeSchema } from '../recipe/recipe.ts';
import { train } from '../training/train.ts';
import tinyExtra from './tiny-extra-recipe.ts';
import tiny from './tiny-recipe.ts';
import tinyRuled from './tiny-ruled-recipe.ts';
import tinyTranslator from './tiny-translator.ts';
import tinyWriter from './tiny-writer.ts';

/** The results of a training that must not depend on the number of ranks and workers. */
export interface Outcome {
  sha256: string;
  history: { loss: number; validation: Record<string, number>; standardErrors: Record<string, number>; gradientNorm: number }[];
}

/** What rank 0 prints. */
export interface Trained {
  /** By recipe and rank. */
  outcomes: Outcome[][];
  /** By recipe; of rank 0. */
  final: unknown[];
}

const recipes = [tiny, tinyExtra, tinyRuled, tinyTranslator, tinyWriter].map((recipe) => v.parse(recipeSchema, recipe));

export async function trainAll(ranks: Ranks, workers: number): Promise<Trained> {
  const outcomes: Outcome[][] = [];
  const final: unknown[] = [];
  for (const recipe of recipes) {
    const result = await train(recipe, { ranks, workers, engine: chooseEngine('wasm').setup });
    const history = result.history.map(({ loss, validation, standardErrors, gradientNorm }) => ({
      loss,
      validation,
      standardErrors,
      gradientNorm,
    }));
    const { buffer, byteOffset, byteLength } = result.parameters;
    const sha256 = createHash('sha256')
      .update(new Uint8Array(buffer, byteOffset, byteLength))
      .digest('hex');
    const all = await ranks.gather<Outcome>({ sha256, history });
    if (all) outcomes.push(all);
    final.push(JSON.parse(JSON.stringify(result.final)));
  }
  return { outcomes, final };
}

if (process.argv[1] === import.meta.filename) {
  const trained = await withRanks(60, async (ranks) => {
    ranks.watch('the same command');
    const result = await trainAll(ranks, Number(process.argv[2]));
    await ranks.leave();
    return result;
  });
  if (trained) console.log(JSON.stringify(trained));
}
