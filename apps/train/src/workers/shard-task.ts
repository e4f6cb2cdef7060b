import type { WasmModules } from '@unroll/backend/wasm.ts';
import type { OptimizerSpec } from '@unroll/model/optimizers.ts';
import type { ModelSpec } from '@unroll/model/spec.ts';
import type { LossOptions } from '@unroll/model/tasks/task.ts';
import type { Sequences } from '../data/sequences.ts';
import type { Rows } from '../plan/rows.ts';
import type { UpdateOptions, Vectors } from './reduce.ts';

/** Everything that stays the same over a run, handed to each worker at its start. Arrays are shared memory. */
export interface ShardContext {
  wasm: WasmModules;
  spec: ModelSpec;
  optimizer: OptimizerSpec;
  loss: LossOptions;
  sequences: Sequences;
  /** An update reads one and writes the other. */
  vectors: readonly [Vectors, Vectors];
  /** A gradient slot for each shard of a batch. */
  slots: readonly Float32Array[];
  /** What slots are summed into, by turns. */
  totals: readonly [Float32Array, Float32Array];
  /** Sums of squares, a block each. */
  squares: Float64Array;
  /** Recurrent state of streams: rows of `stateWidth` floats. */
  states: readonly Float32Array[];
}

type Segment = { from: number; to: number };

export type ShardTask =
  | {
      type: 'gradient';
      rows: Rows;
      /** Which vectors to read the parameters from. */
      vector: number;
      /** Which slot to write. */
      slot: number;
      /** 1 / rows of the whole step, so that slots sum up to the gradient of the mean loss. */
      weight: number;
      /** Names the random stream of dropout. */
      key: readonly (number | string)[];
    }
  | ({ type: 'sum'; slots: number; into: number; before?: number } & Segment)
  | ({ type: 'update'; vector: number; total: number; options: Omit<UpdateOptions, 'optimizer' | 'trainableLength'> } & Segment)
  | { type: 'score'; rows: Rows; vector: number }
  | { type: 'outputs'; samples: Int32Array; vector: number }
  | { type: 'diagnose'; rows: Rows; vector: number; key: readonly (number | string)[] };

export interface ShardResults {
  /** This shard's part of the step's mean loss. */
  gradient: { loss: number };
  sum: null;
  update: null;
  /** Sums, and sums of squares, over the rows that count: of the loss, and of the task's row scores. */
  score: { count: number; sums: Record<string, Moments> };
  /** Activated outputs, row by row. */
  outputs: { outputs: Float32Array };
  /** The first layer whose output is not finite, if any. */
  diagnose: { layer: string | undefined };
}

export interface Moments {
  sum: number;
  squares: number;
}

/** What piscina carries back: errors as data, so that the pool knows which thread to replace. */
export type ShardAnswer<R> = { thread: number; milliseconds: number } & ({ result: R } | { failed: string; stack?: string | undefined });
