import type { EngineSetup } from '@unroll/backend/engine.ts';
import { stateWidth } from '@unroll/model/batch/state.ts';
import { flatten, layoutOf } from '@unroll/model/layout.ts';
import { createOptimizer } from '@unroll/model/optimizers.ts';
import type { Prepared } from '../data/prepare.ts';
import { sharedFloats } from '../data/sequences.ts';
import { TRAINING_STATES } from '../plan/rows.ts';
import type { WorkerContext } from './protocol.ts';
import { BLOCK, type Buffers } from './reduce.ts';

/** The shared memory of a run. */
export interface Memory extends WorkerContext {
  /** The best epoch's weights. */
  best: Float32Array;
}

/**
 * Allocates a run's memory, with fresh weights in it.
 * @param slots the most shards of a batch that this process computes.
 */
export function allocate(prepared: Prepared, engine: EngineSetup, slots: number = prepared.recipe.training.shards): Memory {
  const { recipe, model, sequences, loss, initial } = prepared;
  const layout = layoutOf(model.weights);
  const arrays = arraysOfRun(prepared, slots, sharedFloats);
  const [{ parameters, ema }] = arrays.buffers;
  flatten(layout, initial(), parameters);
  ema?.set(parameters);
  const squares = new Float64Array(new SharedArrayBuffer(Math.ceil(layout.changingLength / BLOCK) * 8));
  const { optimizer, loss: trainingLoss, metrics = [] } = recipe.training;
  return { layout, engine, spec: model.spec, optimizer, loss, trainingLoss, metrics, sequences, squares, ...arrays };
}

/** The bytes that `allocate` needs. */
export function bytesOfRun(prepared: Prepared, slots: number = prepared.recipe.training.shards): number {
  let floats = 0;
  arraysOfRun(prepared, slots, (length) => {
    floats += length;
    return new Float32Array(0);
  });
  return floats * Float32Array.BYTES_PER_ELEMENT;
}

/** All arrays that grow with the model, created by `make`. */
function arraysOfRun({ recipe, model }: Prepared, slots: number, make: (length: number) => Float32Array) {
  const { training } = recipe;
  const { length, trainableLength, changingLength } = layoutOf(model.weights);
  const optimizer = createOptimizer(training.optimizer);
  const buffers = (): Buffers => ({
    parameters: make(length),
    state: optimizer.state.map(() => make(trainableLength)),
    ema: training.ema && make(length),
  });
  const stateFloats = training.bpttSteps === undefined ? 0 : training.globalBatchSize * stateWidth(model.stateWidths);
  return {
    buffers: [buffers(), buffers()] as const,
    slots: Array.from({ length: slots }, () => make(changingLength)),
    totals: [make(changingLength), make(training.accumulate > 1 ? changingLength : 0)] as const,
    states: Array.from({ length: 4 }, () => make(stateFloats)),
    best: make(length),
  };
}

/** The weights to score and keep: their moving average, if there is one. */
export const scoredOf = ({ buffers }: Memory, buffer: 0 | 1): Float32Array => buffers[buffer].ema ?? buffers[buffer].parameters;

/** Every array that a run needs to resume, by name: parameters, optimizer state, average, best weights and the state of streams. */
export function arraysOf({ buffers, states, best }: Memory, buffer: 0 | 1): Record<string, Float32Array> {
  const { parameters, state, ema } = buffers[buffer];
  const named: [string, Float32Array][] = [
    ['parameters', parameters],
    ...state.map((array, i): [string, Float32Array] => [`optimizer.${i}`, array]),
    ...(ema ? [['ema', ema] satisfies [string, Float32Array]] : []),
    ...[0, 1].map((half): [string, Float32Array] => [`state.${half}`, states[TRAINING_STATES + half] as Float32Array]),
    ['best', best],
  ];
  return Object.fromEntries(named.filter(([, { length }]) => length > 0));
}
