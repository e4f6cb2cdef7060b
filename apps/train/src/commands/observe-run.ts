import type { Prepared } from '../data/prepare.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import { createStepPoints, type StepPoint } from '../report/step-points.ts';
import { TrainingDiverged } from '../training/divergence.ts';
import { type TrainOptions, type TrainResult, train } from '../training/train.ts';

/** The curves of a training. A training that diverged has a reason instead of a result. */
export interface ObservedRun {
  history: EpochMetrics[];
  steps: StepPoint[];
  result: TrainResult | undefined;
  diverged: string | undefined;
}

/** The most steps in a chart. */
const POINTS_DRAWN = 400;

/** Trains and collects the curves. Divergence is a result, not an error; it is printed. */
export async function observeRun(prepared: Prepared, options: Pick<TrainOptions, 'workers' | 'signal'>): Promise<ObservedRun> {
  const history: EpochMetrics[] = [];
  const steps = createStepPoints(POINTS_DRAWN);
  let result: TrainResult | undefined;
  let diverged: string | undefined;
  try {
    result = await train(prepared.recipe, {
      ...options,
      prepared,
      seed: prepared.seed,
      onEvent(event) {
        steps.onEvent(event);
        if (event.type === 'epoch') history.push(event);
      },
    });
  } catch (error) {
    if (!(error instanceof TrainingDiverged)) throw error;
    diverged = error.message;
    console.log(`  ${diverged}`);
  }
  return { history, steps: steps.points(), result, diverged };
}
