import type { Prepared } from '../data/prepare.ts';
import { stepsOf } from '../data/sequences.ts';
import { cutIntoShards, SCORING_STATES, type WindowRows } from './rows.ts';
import { planStreams } from './streams.ts';

/** How many samples one job scores. Samples are sorted by length, so a part needs little padding. */
const PART_SIZE = 64;

/** Cuts samples into parts of similar length. */
export function sortedParts({ sequences }: Pick<Prepared, 'sequences'>, samples: Int32Array): Int32Array[] {
  const sorted = samples.slice().sort((a, b) => stepsOf(sequences, a) - stepsOf(sequences, b));
  return cutIntoShards(sorted, Math.ceil(sorted.length / PART_SIZE));
}

/**
 * The windows of a sample that is read as streams, batch by batch. Lazy, because a long corpus has millions. There are at most as many streams as windows. Each stream starts from
 * zeros, so the score is the one of predicting each stream's text on its own.
 */
export function scoringWindows(
  { recipe, sequences }: Pick<Prepared, 'recipe' | 'sequences'>,
  sample: number,
  shards: number,
): Generator<WindowRows[]> {
  const { bpttSteps = 1, globalBatchSize } = recipe.training;
  const [start, length] = [sequences.starts[sample] as number, sequences.lengths[sample] as number];
  const streams = Math.max(1, Math.min(globalBatchSize, Math.floor(length / bpttSteps)));
  return planStreams({ start, length, streams, bpttSteps, shards, half: SCORING_STATES });
}
