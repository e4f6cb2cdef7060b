import { finite, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

const MAX_BEAM = 64;
const beamRange = `expected a whole number from 1 to ${MAX_BEAM}`;
const penaltyRange = 'expected a number from 0 to 5';

export const beamWidth = v.pipe(v.number(), v.safeInteger(beamRange), v.minValue(1, beamRange), v.maxValue(MAX_BEAM, beamRange));
export const lengthPenalty = v.pipe(finite, v.minValue(0, penaltyRange), v.maxValue(5, penaltyRange));

/** How one request searches for its answer. What is left out is the artifact's. */
export const searchOptions = v.strictObject({
  beam: v.exactOptional(beamWidth),
  /** Of a translation. */
  lengthPenalty: v.exactOptional(lengthPenalty),
  /** Answers given back of each input, at most `beam`. */
  nBest: v.exactOptional(beamWidth),
  /** Of a translation: the most tokens, at most the maxLength of the target. */
  maxLength: v.exactOptional(positiveInt),
  /** Of a translation: also give the attention weights of the best one. */
  attention: v.exactOptional(v.boolean()),
});
export type SearchOptions = v.InferOutput<typeof searchOptions>;
