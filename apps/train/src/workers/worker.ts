/** A pool worker that computes. It keeps no state between jobs, and no job reads its own output, so any worker can repeat a failed job. */
import { threadId, workerData } from 'node:worker_threads';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { type Job, type JobAnswer, type JobResults, type NoEngine, THROWN_BY_JOB, type WorkerContext } from './protocol.ts';

type Answer = JobAnswer<JobResults[Job['type']]> | NoEngine;

const { engine } = workerData as WorkerContext;
// Piscina does not replace a thread whose module fails to load, so each job answers with the reason.
const started = await startEngine(engine).then(
  () => import('./shard.ts'),
  (error: Error) => error,
);

export default function run(job: Job): Answer | Promise<never> {
  if (started instanceof Error) return { noEngine: started.message };
  const began = performance.now();
  try {
    const result = started.runJob(job);
    return { result, thread: threadId, milliseconds: performance.now() - began };
  } catch (error) {
    return endWorker(error as Error);
  }
}

/** The error may have left this worker's heap in any state, so the worker ends with it, before it can take another job. */
function endWorker(error: Error): Promise<never> {
  setImmediate(() => {
    throw Object.assign(error, { [THROWN_BY_JOB]: true });
  });
  return new Promise(() => {});
}
