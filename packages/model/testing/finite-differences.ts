import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Question } from './float64-worker.ts';
import type { LossCase } from './losses-of.ts';

export interface Differences {
  loss: number;
  /** dLoss/dParameter by central differences in float64, by parameter name. */
  differences: Record<string, Float64Array>;
}

/** A thread that differentiates one loss at a time numerically. */
export function startFiniteDifferences() {
  const worker = new Worker(new URL('float64-worker.ts', import.meta.url));
  let questions = 0;
  let last: Promise<unknown> = Promise.resolve();
  return {
    /** @param step of the central difference, whose error is about step². */
    async of(lossCase: LossCase, params: Record<string, Float64Array>, step = 1e-4): Promise<Differences> {
      const id = questions++;
      const answer = last.then(async () => {
        worker.postMessage({ id, lossCase, params, step } satisfies Question);
        const [message] = (await once(worker, 'message')) as [Differences & { id: number }];
        if (message.id !== id) throw new Error(`float64 worker: expected the answer to request ${id}, got ${message.id}`);
        return message;
      });
      last = answer.catch(() => undefined);
      return answer;
    },
    close: () => worker.terminate(),
  };
}
