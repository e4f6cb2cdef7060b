import { planChain, planOwners } from '@unroll/mpi/sum-time.ts';
import type { Calibration } from './calibration.ts';
import type { Cluster } from './cluster.ts';
import { linksOf } from './cluster.ts';
import { ringTime, treeTime } from './collectives.ts';
import { type StepTime, stepParts, stepTime, sumCosts, sumSize, totalOf } from './step-time.ts';
import type { Workload } from './workload.ts';

/** A plan for one number of ranks. Times are in seconds. */
export interface RankPlan {
  ranks: number;
  step: StepTime;
  stepTotal: number;
  /** Training and validation. */
  epoch: number;
  /** Over one rank. */
  speedUp: number;
  /** Speed-up over the number of ranks. */
  efficiency: number;
  /** Sequences in a second of training. */
  sequencesPerSecond: number;
}

export interface TrainingPlan {
  /** One for each number of ranks, in rising order: powers of 2 up to the wanted number, and that number. */
  rows: RankPlan[];
  /** The fewest ranks whose step takes at most 2 % longer than the fastest, among all numbers up to the wanted one. */
  best: RankPlan;
  /** Sums of the parameters over the wanted ranks, by algorithm. The trainer uses the faster one of `chain` and `owners`. */
  allReduce: { chain: number; owners: number; ring: number; tree: number };
}

const NEAR = 1.02;
/** Numbers of ranks that are tried between two powers of 2. */
const BETWEEN = 4;

export function planTraining(calibration: Calibration, workload: Workload, cluster: Cluster): TrainingPlan {
  const alone = planRanks(calibration, workload, { ...cluster, ranks: 1 });
  const at = (ranks: number) => compared(planRanks(calibration, workload, { ...cluster, ranks }), alone);
  const rows = powersUpTo(cluster.ranks, 1).map(at);
  const tried = powersUpTo(cluster.ranks, BETWEEN).map(at);
  const fastest = Math.min(...tried.map(({ stepTotal }) => stepTotal));
  const best = tried.find(({ stepTotal }) => stepTotal <= NEAR * fastest) as RankPlan;
  return { rows, best, allReduce: allReduces(calibration, cluster, workload) };
}

type Uncompared = Omit<RankPlan, 'speedUp' | 'efficiency'>;

function planRanks(calibration: Calibration, { steps, stepsPerEpoch, sequencesPerStep, scoring }: Workload, cluster: Cluster): Uncompared {
  const times = steps.map((batches) => stepTime(calibration, cluster, batches));
  const mean = (part: keyof StepTime) => times.reduce((sum, time) => sum + time[part], 0) / times.length;
  const step = Object.fromEntries(stepParts.map((part) => [part, mean(part)])) as unknown as StepTime;
  const stepTotal = totalOf(step);
  // Ranks deal the jobs of scoring as they deal shards.
  const scoreOnly = { ...calibration, gradient: calibration.score };
  const score = scoring.reduce((sum, { jobs, times }) => sum + times * stepTime(scoreOnly, cluster, [jobs]).gradients, 0);
  return {
    ranks: cluster.ranks,
    step,
    stepTotal,
    epoch: stepsPerEpoch * stepTotal + score,
    sequencesPerSecond: sequencesPerStep / stepTotal,
  };
}

function compared(plan: Uncompared, alone: Uncompared): RankPlan {
  const speedUp = alone.stepTotal / plan.stepTotal;
  return { ...plan, speedUp, efficiency: speedUp / plan.ranks };
}

/** The slowest link decides for ring and tree. */
function allReduces(calibration: Calibration, cluster: Cluster, { steps }: Workload): TrainingPlan['allReduce'] {
  const { parameters, ranks } = calibration;
  const link = linksOf(cluster, ranks.memory).find((each) => each === cluster.network) ?? ranks.memory;
  const reduction = { ranks: cluster.ranks, bytes: 4 * parameters, secondsPerByteAdded: ranks.addPerFloat / 4 };
  const [costs, size] = [sumCosts(calibration, cluster), sumSize(calibration, cluster, steps[0]?.[0]?.length ?? 1)];
  return {
    chain: planChain(costs, size).seconds,
    owners: planOwners(costs, size).seconds,
    ring: ringTime(reduction, link),
    tree: treeTime(reduction, link),
  };
}

/** 1, 2, 4 ... and `last`, with `between` numbers evenly from one power of 2 to the next. */
export function powersUpTo(last: number, between: number): number[] {
  const numbers = new Set<number>();
  for (let power = 1; power <= last; power *= 2) {
    for (let i = 0; i < between; i++) numbers.add(power + Math.floor((power * i) / between));
  }
  return [...numbers, last].filter((number, i, all) => number <= last && all.indexOf(number) === i).sort((a, b) => a - b);
}
