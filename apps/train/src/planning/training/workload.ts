import type { Prepared } from '../../data/prepare.ts';
import { countSteps, planEpoch, type StepPlan } from '../../plan/epoch-plan.ts';
import { scoringWindows, sortedParts } from '../../plan/scoring.ts';
import { type ShardShape, shapeOf } from './shard-cost.ts';

/** The work of an epoch. */
export interface Workload {
  /** Shards of the batches of some steps, spread over the epoch. */
  steps: readonly (readonly (readonly ShardShape[])[])[];
  stepsPerEpoch: number;
  /** Mean over `steps`. */
  sequencesPerStep: number;
  /** Jobs of validation that run side by side, and how often such jobs follow each other. */
  scoring: readonly { jobs: readonly ShardShape[]; times: number }[];
}

/** How many steps stand for all. The order of an epoch is random, so these are its first. */
const STEPS = 24;

export function workloadOf(prepared: Prepared): Workload {
  const plans: StepPlan[] = [];
  for (const plan of planEpoch(prepared, 1)) if (plans.push(plan) === STEPS) break;
  return {
    steps: plans.map(({ batches }) => batches.map((batch) => batch.map((rows) => shapeOf(prepared.sequences, rows)))),
    stepsPerEpoch: countSteps(prepared),
    sequencesPerStep: plans.reduce((sum, { sequences }) => sum + sequences, 0) / plans.length,
    scoring: scoringOf(prepared),
  };
}

function scoringOf(prepared: Prepared): Workload['scoring'] {
  const { sequences, data, recipe } = prepared;
  const { bpttSteps, shards } = recipe.training;
  const { validation } = data.split;
  if (bpttSteps === undefined) {
    return [{ times: 1, jobs: sortedParts(prepared, validation).map((samples) => shapeOf(sequences, { samples })) }];
  }
  // All windows of a text are alike, except for the last.
  return Array.from(validation, (sample) => {
    const [first = []] = scoringWindows(prepared, sample, shards);
    const jobs = first.map((rows) => shapeOf(sequences, rows));
    const steps = jobs.reduce((sum, { rowSteps }) => sum + rowSteps, 0);
    return { jobs, times: Math.ceil((sequences.lengths[sample] as number) / Math.max(1, steps)) };
  });
}
