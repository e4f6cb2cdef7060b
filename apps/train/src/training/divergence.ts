import type { StepPlan } from '../plan/epoch-plan.ts';
import type { Pool } from '../workers/pool.ts';

/** The loss or a gradient is NaN or infinite: no further step could help. */
export class TrainingDiverged extends Error {
  override readonly name = 'TrainingDiverged';
}

/** Runs the step's shards once more to see which layer's output is the first that is not finite. */
export async function explainDivergence(
  pool: Pool,
  { batches }: StepPlan,
  at: { vector: number; keyOf: (shard: number) => (number | string)[]; epoch: number; step: number; loss: number; learningRate: number },
): Promise<TrainingDiverged> {
  const { vector, keyOf, epoch, step, loss, learningRate } = at;
  let place = 'every layer still gives finite outputs, its gradient does not';
  for (const [shard, rows] of batches.flat().entries()) {
    const { layer } = await pool.run('diagnose', { rows, vector, key: keyOf(shard) });
    if (layer !== undefined) {
      place = `the first layer whose output is not finite is '${layer}'`;
      break;
    }
  }
  return new TrainingDiverged(
    `training diverged at epoch ${epoch}, step ${step}: the loss is ${loss}; ${place}; ` +
      `the learning rate is ${learningRate}. Lower it (try ${Number((learningRate / 10).toPrecision(2))}) or set clipNorm.`,
  );
}
