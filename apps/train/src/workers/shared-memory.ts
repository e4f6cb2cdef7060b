import type { WasmModules } from '@unroll/backend/wasm.ts';
import { flatten, type Layout, layoutOf } from '@unroll/model/layout.ts';
import { createOptimizer } from '@unroll/model/optimizers.ts';
import type { Prepared } from '../data/prepare.ts';
import { sharedFloats } from '../data/sequences.ts';
import { TRAINING_STATES } from '../plan/rows.ts';
import { BLOCK, type Vectors } from './reduce.ts';
import type { ShardContext } from './shard-task.ts';

/** The shared memory of a run. */
export interface Memory extends ShardContext {
  layout: Layout;
}

/** All of a run's memory, with fresh weights in it. */
export function allocate({ recipe, seed, model, sequences, loss }: Prepared, wasm: WasmModules): Memory {
  const { training } = recipe;
  const layout = layoutOf(model.weights);
  const optimizer = createOptimizer(training.optimizer);
  const vectors = (): Vectors => ({
    parameters: sharedFloats(layout.length),
    state: optimizer.state.map(() => sharedFloats(layout.trainableLength)),
    ema: training.ema && sharedFloats(layout.length),
  });
  const first = vectors();
  flatten(layout, model.init(seed), first.parameters);
  first.ema?.set(first.parameters);
  const stateFloats = training.bpttSteps === undefined ? 0 : training.globalBatchSize * stateWidthOf(model.stateWidths);
  return {
    layout,
    wasm,
    spec: model.spec,
    optimizer: training.optimizer,
    loss,
    sequences,
    vectors: [first, vectors()],
    slots: Array.from({ length: training.shards }, () => sharedFloats(layout.length)),
    totals: [sharedFloats(layout.length), sharedFloats(training.accumulate > 1 ? layout.length : 0)],
    squares: new Float64Array(new SharedArrayBuffer(Math.ceil(layout.length / BLOCK) * 8)),
    states: Array.from({ length: 4 }, () => sharedFloats(stateFloats)),
  };
}

/** The weights that are scored and kept: their moving average, if there is one. */
export const scoredOf = ({ vectors }: Memory, vector: 0 | 1): Float32Array => vectors[vector].ema ?? vectors[vector].parameters;

/** By name, everything that a run must have to go on: the vectors that hold the parameters, and the state of streams. */
export function arraysOf({ vectors, states }: Memory, vector: 0 | 1): Record<string, Float32Array> {
  const { parameters, state, ema } = vectors[vector];
  const named = [
    ['parameters', parameters],
    ...state.map((array, i) => [`optimizer.${i}`, array] as const),
    ...(ema ? [['ema', ema] as const] : []),
    ...[0, 1].map((half) => [`state.${half}`, states[TRAINING_STATES + half] as Float32Array] as const),
  ] as const;
  return Object.fromEntries(named.filter(([, { length }]) => length > 0));
}

const stateWidthOf = (widths: Readonly<Record<string, readonly number[]>>) =>
  Object.values(widths)
    .flat()
    .reduce((sum, width) => sum + width, 0);
