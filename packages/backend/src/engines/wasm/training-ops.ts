import { registerCrf } from './ops/crf.ts';
import { registerCrossEntropy } from './ops/cross-entropy.ts';
import { registerCtc } from './ops/ctc.ts';
import type { Heap } from './ops/heap.ts';
import { registerSegmentSum } from './ops/segment-sum.ts';

/** Registers the ops that only training runs. A Worker has no-training-ops.ts instead. */
export function registerTrainingOps(heap: Heap): void {
  registerCrf(heap);
  registerCrossEntropy(heap);
  registerCtc(heap);
  registerSegmentSum(heap);
}
