import { createOptimizer } from '@unroll/model/optimizers.ts';
import { decayParts } from '@unroll/model/weight-decay.ts';
import type { ReduceJob, WorkerContext } from './protocol.ts';
import { sumSegment, updateSegment } from './reduce.ts';

/** Runs 'sum' and 'update' jobs on a run's memory. */
export function createReduce(context: WorkerContext): (job: ReduceJob) => void {
  const { buffers, slots, totals, squares } = context;
  const optimizer = createOptimizer(context.optimizer);
  const { layout } = context;
  const decay = decayParts(layout, context.optimizer);
  return (job) => {
    if (job.type === 'sum') {
      const before = job.before === undefined ? undefined : totals[job.before as 0 | 1];
      const total = totals[job.into as 0 | 1];
      sumSegment({ slots: slots.slice(0, job.slots), before, trainableLength: layout.trainableLength }, { total, squares }, job);
    } else {
      const [input, output] = job.buffer === 0 ? buffers : [buffers[1], buffers[0]];
      const total = totals[job.total as 0 | 1];
      updateSegment(total, input, output, { ...job.options, optimizer, layout, decay }, job);
    }
  };
}
