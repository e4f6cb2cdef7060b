import { planSum, type SumCosts, type SumSize } from '@unroll/mpi/sum-time.ts';
import { SEGMENT_AT_LEAST } from '../../workers/pool.ts';
import { cutIntoSegments } from '../../workers/reduce.ts';
import type { Calibration, TimedJob } from './calibration.ts';
import { type Cluster, deal, linksOf } from './cluster.ts';
import { type ShardShape, shardTime } from './shard-cost.ts';
import { stragglerFactor } from './stragglers.ts';

/** Seconds of a step and of its parts, which follow each other. */
export interface StepTime {
  /** Until a rank without bad luck has its shards' gradients. */
  gradients: number;
  /** The further wait for the slowest of all workers. */
  stragglers: number;
  /** The sum over slots and ranks. */
  allReduce: number;
  update: number;
  /** Messages to workers and back. */
  dispatch: number;
  /** What planning the next step takes longer than the gradients. */
  input: number;
}

/** In the order of a step. */
export const stepParts = ['gradients', 'stragglers', 'allReduce', 'update', 'dispatch', 'input'] as const satisfies (keyof StepTime)[];

/** For display. */
export const partNames: Readonly<Record<keyof StepTime, string>> = {
  gradients: 'gradients',
  stragglers: 'stragglers',
  allReduce: 'all-reduce',
  update: 'update',
  dispatch: 'messages',
  input: 'input',
};

export const totalOf = (time: StepTime) => stepParts.reduce((sum, part) => sum + time[part], 0);

/** @param batches the shards of each batch whose gradients one step sums. */
export function stepTime(calibration: Calibration, cluster: Cluster, batches: readonly (readonly ShardShape[])[]): StepTime {
  const time: StepTime = { gradients: 0, stragglers: 0, allReduce: 0, update: 0, dispatch: 0, input: 0 };
  for (const shards of batches) {
    const { gradients, stragglers, rounds } = gradientTime(calibration, cluster, shards);
    time.gradients += gradients;
    time.stragglers += stragglers;
    time.dispatch += rounds * calibration.dispatch;
  }
  time.allReduce = sum(batches.map((shards, b) => allReduceTime(calibration, cluster, shards.length, b > 0)));
  const [first = []] = batches;
  time.update = updateTime(calibration, cluster, first.length);
  time.dispatch += calibration.dispatch + decisionTime(calibration, cluster);
  time.input = Math.max(0, calibration.planning - time.gradients);
  return time;
}

/**
 * Ranks of the same machine share its cores: more threads than cores take turns. The slowest job ends later by its own excess, in turns or
 * not, because the cores are free for it once the others are done.
 */
function gradientTime(calibration: Calibration, { ranks, workers, ranksPerMachine }: Cluster, shards: readonly ShardShape[]) {
  const { cores } = calibration.machine;
  const blocks = deal(
    shards.map((shape) => shardTime(calibration.gradient, shape)),
    ranks,
  );
  let gradients = 0;
  let alone = 0;
  for (let first = 0; first < ranks; first += ranksPerMachine) {
    const machine = blocks.slice(first, first + ranksPerMachine);
    const threads = sum(machine.map((block) => Math.min(workers, block.length)));
    const slower = slowdown(calibration, threads);
    const longest = slower * Math.max(...machine.map((block) => makespan(block, workers)));
    gradients = Math.max(gradients, longest, (slower * sum(machine.flat())) / cores);
    alone = Math.max(alone, longest);
  }
  const rounds = Math.max(...blocks.map((block) => Math.ceil(block.length / workers)));
  const threads = sum(blocks.map((block) => Math.min(workers, block.length)));
  const spread = spreadNear(calibration.jobs, sum(blocks.flat()) / shards.length);
  return { gradients, stragglers: alone * (stragglerFactor(spread, threads, rounds) - 1), rounds };
}

/** How many times as long a job takes beside others on so many busy threads. */
function slowdown({ contention, machine: { cores } }: Calibration, threads: number): number {
  return cores === 1 ? 1 : 1 + ((contention - 1) * (Math.min(threads, cores) - 1)) / (cores - 1);
}

/** When the last of the jobs ends if each starts, in their order, on the worker that is free first. */
function makespan(jobs: readonly number[], workers: number): number {
  const free = new Array<number>(Math.min(workers, jobs.length)).fill(0);
  for (const job of jobs) {
    const first = free.indexOf(Math.min(...free));
    free[first] = (free[first] as number) + job;
  }
  return Math.max(0, ...free);
}

/** The spread of the measured jobs whose length is nearest to `seconds`: a third of them. */
function spreadNear(jobs: readonly TimedJob[], seconds: number): number[] {
  const distance = ({ fitted }: TimedJob) => Math.abs(Math.log(fitted / seconds));
  const nearest = jobs.toSorted((a, b) => distance(a) - distance(b)).slice(0, Math.ceil(jobs.length / 3));
  return nearest.map((job) => job.seconds / job.fitted);
}

/**
 * One rank sums in its workers. Several sum in their main threads, along a chain or by owners, whichever is faster; then each has the norm
 * of the whole total to compute.
 * @param accumulated whether an earlier batch's sum is added too.
 */
function allReduceTime(calibration: Calibration, cluster: Cluster, shards: number, accumulated: boolean): number {
  const { parameters, sumPerFloat, normPerFloat, dispatch } = calibration;
  if (cluster.ranks === 1) {
    const vectors = shards + Number(accumulated);
    return (parameters * (vectors * sumPerFloat + normPerFloat)) / threadsOf(calibration, cluster, shards) + dispatch;
  }
  const turns = Math.max(1, Math.min(cluster.ranks, cluster.ranksPerMachine) / calibration.machine.cores);
  return (
    planSum(sumCosts(calibration, cluster), sumSize(calibration, cluster, shards, accumulated)).seconds + parameters * normPerFloat * turns
  );
}

/** What the ranks of a cluster take to sum. */
export function sumCosts({ machine, ranks }: Calibration, { ranks: size, ranksPerMachine, network }: Cluster): SumCosts {
  return {
    machines: Array.from({ length: size }, (_, rank) => Math.floor(rank / ranksPerMachine)),
    cores: machine.cores,
    network,
    memoryLatency: ranks.memory.latency,
    perMessage: ranks.perMessage,
    perByteCopied: ranks.memory.secondsPerByte,
    perByteAdded: ranks.addPerFloat / 4,
  };
}

export function sumSize({ parameters }: Calibration, { ranks }: Cluster, shards: number, accumulated = false): SumSize {
  const counts = deal(Array.from({ length: shards }), ranks).map((block) => block.length);
  return { floats: parameters, counts, accumulated };
}

/** Every rank updates all parameters. */
function updateTime(calibration: Calibration, cluster: Cluster, shards: number): number {
  const { parameters, updatePerFloat, machine } = calibration;
  const threads = threadsOf(calibration, cluster, shards);
  const turns = Math.max(1, (threads * Math.min(cluster.ranks, cluster.ranksPerMachine)) / machine.cores);
  return ((parameters * updatePerFloat) / threads) * turns;
}

/** After a step rank 0 hears each rank and tells it whether training goes on: a length and a value each way. */
function decisionTime({ ranks: { memory } }: Calibration, cluster: Cluster): number {
  const [link] = linksOf(cluster, memory).toSorted((a, b) => b.latency - a.latency);
  return link ? 2 * link.latency + 4 * (cluster.ranks - 1) * memory.latency : 0;
}

/** Workers of a rank that share a vector of the parameters. A rank has at most one for each of its shards. */
function threadsOf({ parameters }: Calibration, { ranks, workers }: Cluster, shards: number): number {
  const own = Math.min(workers, Math.ceil(shards / ranks));
  return cutIntoSegments(parameters, parameters < SEGMENT_AT_LEAST ? 1 : own).length;
}

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
