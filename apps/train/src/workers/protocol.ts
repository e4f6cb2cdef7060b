/** The messages between the main thread and a worker. */
import type { EngineSetup } from '@unroll/backend/engine.ts';
import type { Layout } from '@unroll/model/layout.ts';
import type { OptimizerSpec } from '@unroll/model/optimizers.ts';
import type { ModelSpec } from '@unroll/model/spec.ts';
import type { GatheredMetricName } from '@unroll/model/tasks/gathered-metrics.ts';
import type { LossOptions } from '@unroll/model/tasks/task.ts';
import type { TrainingLossSpec } from '@unroll/model/tasks/training-loss.ts';
import type { Sequences } from '../data/sequences.ts';
import type { Rows } from '../plan/rows.ts';
import type { Buffers, Segment, UpdateOptions } from './reduce.ts';

/** Everything constant over a run. A worker gets it at its start. Arrays are in shared memory. */
export interface WorkerContext {
  engine: EngineSetup;
  spec: ModelSpec;
  layout: Layout;
  optimizer: OptimizerSpec;
  loss: LossOptions;
  trainingLoss: TrainingLossSpec | undefined;
  metrics: readonly GatheredMetricName[];
  sequences: Sequences;
  /** Two buffers that alternate: an update reads one and writes the other. */
  buffers: readonly [Buffers, Buffers];
  /** One gradient slot for each shard of a batch that this process computes. */
  slots: readonly Float32Array[];
  /** The sums of the slots; two buffers that alternate. */
  totals: readonly [Float32Array, Float32Array];
  /** Sums of squares, one per block. */
  squares: Float64Array;
  /** Recurrent state of streams: rows of `stateWidth` floats. */
  states: readonly Float32Array[];
}

/** The name of a random stream. */
export type RandomKey = readonly (number | string)[];

/** A job of a worker. `buffer` is the index of the buffer with the parameters. */
export type Job =
  | {
      type: 'gradient';
      rows: Rows;
      buffer: number;
      /** Which slot to write. */
      slot: number;
      /** 1 / rows of the whole step, so that the sum of the slots is the gradient of the mean loss. */
      weight: number;
      /** Of dropout. */
      key: RandomKey;
    }
  | ReduceJob
  | { type: 'score'; rows: Rows; buffer: number }
  | { type: 'outputs'; samples: Int32Array; buffer: number }
  | { type: 'findNonFinite'; rows: Rows; buffer: number; key: RandomKey };

/** A job that sums gradients or updates parameters: arithmetic on vectors, without an engine. */
export type ReduceJob = Segment &
  (
    | { type: 'sum'; slots: number; into: number; before?: number }
    | { type: 'update'; buffer: number; total: number; options: Omit<UpdateOptions, 'optimizer' | 'layout' | 'decay'> }
  );

export interface JobResults {
  /** This shard's part of the step's mean loss, and of the penalty of the regularizers. */
  gradient: { loss: number; penalty: number };
  sum: null;
  update: null;
  /** Sums over the valid rows of the loss and of the task's row scores, and what `training.metrics` gathers of each valid row. */
  score: { count: number; sums: Record<string, Moments>; gathered: Record<string, Float32Array> };
  /** Activated outputs, row by row. */
  outputs: { outputs: Float32Array };
  /** The first layer whose output is NaN or infinite, if any. */
  findNonFinite: { layer: string | undefined };
}

export interface Moments {
  sum: number;
  squares: number;
}

export interface JobAnswer<R> {
  result: R;
  thread: number;
  milliseconds: number;
}

/** The answer of a worker whose engine does not start. Neither would another worker's. */
export interface NoEngine {
  noEngine: string;
}

/** Marks an error thrown by a job; exits, hangs and out-of-memory errors do not have it. */
export const THROWN_BY_JOB = 'thrownByJob';
