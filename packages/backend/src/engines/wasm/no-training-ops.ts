import type { Heap } from './ops/heap.ts';

/** In place of training-ops.ts in a Worker, which only serves: its bundle stays small. */
export function registerTrainingOps(_: Heap): void {}
