import type { Link } from '@unroll/mpi/sum-time.ts';
import type { ShardCost } from './shard-cost.ts';

/** What was measured of a recipe on this machine. Times are in seconds. */
export interface Calibration {
  machine: MachineFacts;
  /** Floats of the parameter vector. */
  parameters: number;
  /** A gradient job while the other cores are idle. */
  gradient: ShardCost;
  /** A scoring job. */
  score: ShardCost;
  /** How many times as long a gradient job takes while every core computes one. */
  contention: number;
  /** Gradient jobs while every core computed one, each with the time that `gradient` and `contention` give. */
  jobs: readonly TimedJob[];
  /** A message to a worker and its answer. */
  dispatch: number;
  /** Planning the next step, while the workers compute this one. */
  planning: number;
  /** Adding a float of a slot to the sum, in a worker. */
  sumPerFloat: number;
  /** Copying a float and its part of the norm, in a worker. */
  normPerFloat: number;
  /** The optimizer's update of a float, in a worker. */
  updatePerFloat: number;
  /** Loading and encoding the data, at the start of each rank. */
  reading: number;
  ranks: RankCosts;
}

export interface MachineFacts {
  cpu: string;
  cores: number;
  /** Programs that wanted to run before the measurement, mean over a minute. */
  load: number;
}

export interface TimedJob {
  fitted: number;
  seconds: number;
}

/** Between two processes of this machine. */
export interface RankCosts {
  /** How it was measured: 'between two processes of MPICH 4.0.2' */
  source: string;
  /** The time of a byte is that of a copy in each of the two threads, at once. */
  memory: Link;
  /** A thread's work for each message of several that follow each other. */
  perMessage: number;
  /** Adding a float of a slot to the sum, in MPI. */
  addPerFloat: number;
}
