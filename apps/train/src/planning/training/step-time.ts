import { PART } from '@unroll/mpi/chain-sum.ts';
import { SEGMENT_AT_LEAST } from '../../workers/pool.ts';
import { cutIntoSegments } from '../../workers/reduce.ts';
import type { Calibration, TimedJob } from './calibration.ts';
import { type Cluster, deal, linksOf } from './cluster.ts';
import { chainTime, foldTime } from './collectives.ts';
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
  time.allReduce = allReduceTime(calibration, cluster, batches);
  time.update = updateTime(calibration, cluster);
  time.dispatch += calibration.dispatch;
  time.input = Math.max(0, calibration.planning - time.gradients);
  return time;
}

/** Ranks of the same machine share its cores: more threads than cores take turns. */
function gradientTime(calibration: Calibration, { ranks, workers, ranksPerMachine }: Cluster, shards: readonly ShardShape[]) {
  const { cores } = calibration.machine;
  const blocks = deal(
    shards.map((shape) => shardTime(calibration.gradient, shape)),
    ranks,
  );
  let gradients = 0;
  for (let first = 0; first < ranks; first += ranksPerMachine) {
    const machine = blocks.slice(first, first + ranksPerMachine);
    const threads = sum(machine.map((block) => Math.min(workers, block.length)));
    const slower = slowdown(calibration, threads);
    const longest = Math.max(...machine.map((block) => makespan(block, workers)));
    gradients = Math.max(gradients, slower * Math.max(longest, sum(machine.flat()) / cores));
  }
  const rounds = Math.max(...blocks.map((block) => Math.ceil(block.length / workers)));
  const threads = sum(blocks.map((block) => Math.min(workers, block.length)));
  const spread = spreadNear(calibration.jobs, sum(blocks.flat()) / shards.length);
  return { gradients, stragglers: gradients * (stragglerFactor(spread, threads, rounds) - 1), rounds };
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

/** One rank sums in its workers; several sum along a chain, in their main threads. */
function allReduceTime(calibration: Calibration, cluster: Cluster, batches: readonly (readonly ShardShape[])[]): number {
  const { parameters, sumPerFloat, normPerFloat, dispatch, machine, ranks: costs } = calibration;
  const { ranks, ranksPerMachine } = cluster;
  if (ranks === 1) {
    const slots = sum(batches.map((shards) => shards.length));
    return (parameters * (slots * sumPerFloat + normPerFloat)) / threadsOf(calibration, cluster) + batches.length * dispatch;
  }
  // Between processes of a machine there is nothing but the copies.
  const links = linksOf(cluster, { latency: costs.memory.latency, secondsPerByte: 0 });
  const part = Math.min(PART, parameters);
  const adding = deal(batches.at(-1) ?? [], ranks).map((block) => part * block.length * costs.addPerFloat);
  adding[ranks - 1] = (adding[ranks - 1] as number) + part * normPerFloat;
  const chain = chainTime({
    ranks,
    partBytes: 4 * part,
    parts: Math.ceil(parameters / PART),
    links,
    adding,
    secondsPerByteCopied: costs.memory.secondsPerByte / 2,
    machine: { ranks: Math.min(ranks, ranksPerMachine), cores: machine.cores },
  });
  return chain + foldTime(links);
}

/** Every rank updates all parameters. */
function updateTime(calibration: Calibration, cluster: Cluster): number {
  const { parameters, updatePerFloat, machine } = calibration;
  const threads = threadsOf(calibration, cluster);
  const turns = Math.max(1, (threads * Math.min(cluster.ranks, cluster.ranksPerMachine)) / machine.cores);
  return ((parameters * updatePerFloat) / threads) * turns;
}

/** Workers that share a vector of the parameters. */
const threadsOf = ({ parameters }: Calibration, { workers }: Cluster) =>
  cutIntoSegments(parameters, parameters < SEGMENT_AT_LEAST ? 1 : workers).length;

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);
