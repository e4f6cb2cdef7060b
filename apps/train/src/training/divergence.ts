import type { StepPlan } from '../plan/epoch-plan.ts';
import { EveryRankFailed } from '../ranks/ranks.ts';
import type { Pool } from '../workers/pool.ts';

/** The loss or a gradient is NaN or infinite, so every further step would be too. All ranks see it at the same step. */
export class TrainingDiverged extends EveryRankFailed {
  override readonly name = 'TrainingDiverged';
}

/** Runs the step's shards again to find the first layer whose output is not finite. @returns the message of TrainingDiverged. */
export async function explainDivergence(
  pool: Pool,
  { batches }: StepPlan,
  at: {
    buffer: number;
    keyOf: (shard: number) => (number | string)[];
    epoch: number;
    step: number;
    loss: number;
    learningRate: number;
    clipped: boolean;
  },
): Promise<string> {
  const { buffer, keyOf, epoch, step, loss, learningRate, clipped } = at;
  let place = 'every layer gives finite outputs, but the gradient is not finite';
  for (const [shard, rows] of batches.flat().entries()) {
    const { layer } = await pool.run('findNonFinite', { rows, buffer, key: keyOf(shard) });
    if (layer !== undefined) {
      place = `the first layer whose output is not finite is '${layer}'`;
      break;
    }
  }
  return (
    `training diverged at epoch ${epoch}, step ${step}: the loss is ${loss}; ${place}; ` +
    `the learning rate is ${learningRate}. Lower it (try ${Number((learningRate / 10).toPrecision(2))})${clipped ? '' : ' or set clipNorm'}.`
  );
}
