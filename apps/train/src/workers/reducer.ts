/** A pool worker that only reduces. It loads no engine. */
import { threadId, workerData } from 'node:worker_threads';
import type { JobAnswer, ReduceJob, WorkerContext } from './protocol.ts';
import { createReduce } from './reduce-job.ts';

const reduce = createReduce(workerData as WorkerContext);

export default function run(job: ReduceJob): JobAnswer<null> {
  const started = performance.now();
  reduce(job);
  return { result: null, thread: threadId, milliseconds: performance.now() - started };
}
