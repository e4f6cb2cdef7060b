import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Prepared } from '../data/prepare.ts';
import { type EdgePlan, planEdge } from './edge/edge-plan.ts';
import { type MeasuredRequest, measureRequest } from './edge/measure-request.ts';
import type { Calibration } from './training/calibration.ts';
import type { Cluster } from './training/cluster.ts';
import { measureRanks } from './training/measure-ranks.ts';
import { measureTraining, withShards } from './training/measure-training.ts';
import { planTraining, type TrainingPlan } from './training/training-plan.ts';
import { workloadOf } from './training/workload.ts';

export interface Plan {
  calibration: Calibration;
  cluster: Cluster;
  training: TrainingPlan;
  /** The fastest plan with more shards than the recipe has, if there are workers without a shard. */
  moreShards: { shards: number; training: TrainingPlan } | undefined;
  request: MeasuredRequest;
  edge: EdgePlan[];
  warnings: string[];
}

/** Requests a day. */
export const LOADS = [1e6, 10e6, 1000e6];
/** A busier machine gives times that are too long: programs that want to run, for each core. */
const BUSY = 0.5;

/**
 * Measures a recipe on this machine and plans its training and its service.
 * @param reading seconds that `prepare` took.
 * @throws the signal's reason once it is aborted.
 */
export async function planRecipe(prepared: Prepared, cluster: Cluster, reading: number, signal: AbortSignal): Promise<Plan> {
  const machine = { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), load: loadavg()[0] as number };
  const { shards, globalBatchSize } = prepared.recipe.training;
  // First, because the training's kernels change V8's flags, which the edge does not have.
  const request = await measureRequest(prepared);
  const most = Math.min(globalBatchSize, Math.max(shards, cluster.ranks * cluster.workers));
  const cuts = [...new Set([shards, Math.min(globalBatchSize, 2 * shards), Math.round(Math.sqrt(shards * most)), most])];
  const measured = await measureTraining(prepared, cuts, signal);
  const calibration = { ...measured, machine, reading, ranks: await measureRanks() };
  const training = planTraining(calibration, workloadOf(prepared), cluster);
  const plan = {
    calibration,
    cluster,
    training,
    moreShards: fastestOf(
      doublings(shards, most).map((more) => ({
        shards: more,
        training: planTraining(calibration, workloadOf(withShards(prepared, more)), cluster),
      })),
    ),
    request,
    edge: LOADS.map((load) => planEdge(request, load, calibration.machine)),
  };
  return { ...plan, warnings: warningsOf(plan, prepared) };
}

/** 2n, 4n ... and `most`, if it is more than n. */
function doublings(n: number, most: number): number[] {
  const numbers: number[] = [];
  for (let next = 2 * n; next < most; next *= 2) numbers.push(next);
  return most > n ? [...numbers, most] : numbers;
}

/** The plan with the shortest step on its best number of ranks. */
function fastestOf<T extends { training: TrainingPlan }>(plans: readonly T[]): T | undefined {
  const time = ({ training }: T) => training.best.stepTotal;
  return plans.toSorted((a, b) => time(a) - time(b))[0];
}

/** What spoils a plan, and what to do about it. */
export function warningsOf({ calibration, cluster, training }: Omit<Plan, 'warnings'>, { recipe }: Pick<Prepared, 'recipe'>): string[] {
  const { globalBatchSize } = recipe.training;
  const shards = Math.min(recipe.training.shards, globalBatchSize);
  const { ranks, workers, ranksPerMachine } = cluster;
  const { cores, load } = calibration.machine;
  const threads = workers * Math.min(ranks, ranksPerMachine);
  const last = training.rows.at(-1);
  const warnings: string[] = [];
  if (load > BUSY * cores) {
    warnings.push(`other programs use this machine (load ${load.toFixed(1)} on ${cores} cores): the measured times are too long.`);
  }
  if (ranks * workers > globalBatchSize) {
    const idle = ranks * workers - globalBatchSize;
    warnings.push(
      `${ranks * workers} workers, but a batch has ${globalBatchSize} sequences: ${idle} compute nothing. Plan a larger batch with --batch.`,
    );
  } else if (ranks > shards) {
    warnings.push(
      `${ranks} ranks, but a batch has ${shards} shards: ${ranks - shards} ranks compute nothing. Plan more shards with --shards.`,
    );
  } else if (ranks * workers > shards) {
    warnings.push(
      `${ranks * workers} workers, but a batch has ${shards} shards: some workers compute nothing. Plan more shards with --shards.`,
    );
  }
  if (threads > cores) warnings.push(`${threads} workers share the ${cores} cores of a machine and take turns.`);
  if (last && last.step.allReduce > last.stepTotal / 2) {
    const share = Math.round((100 * last.step.allReduce) / last.stepTotal);
    warnings.push(`on ${ranks} ranks the all-reduce takes ${share} % of a step. A larger batch gives each step more to compute: --batch.`);
  }
  return warnings;
}
