import { setFlagsFromString } from 'node:v8';
import type { EngineName } from '@unroll/backend/engine.ts';
import { Piscina } from 'piscina';
import type { Job, JobAnswer, NoEngine, WorkerContext } from './protocol.ts';

/** How many threads of a run compute shards, and how many only sum gradients and update parameters. */
export interface ThreadCounts {
  computing: number;
  /** With 0, the computing threads also sum and update. */
  reducing: number;
}

/**
 * The threads of a run with `workers` threads. An op of wasm runs on one core, so every thread computes, at most one a shard. TensorFlow
 * spreads an op over all cores or over a GPU, so one thread computes; the others only reduce, and they load no engine.
 */
export function splitThreads(engine: EngineName, workers: number, shards: number): ThreadCounts {
  if (engine === 'tensorflow') return { computing: 1, reducing: workers - 1 };
  return { computing: Math.min(workers, shards), reducing: 0 };
}

/** Threads that run the jobs of one module. */
export interface Threads {
  readonly count: number;
  /** Runs a job once a thread is free. @throws if it takes longer than `limitSeconds` from then on; its thread is replaced. */
  run<R>(job: Job, limitSeconds: number): Promise<JobAnswer<R> | NoEngine>;
  /** The ids of the threads that live now. */
  ids(): number[];
  close(): Promise<void>;
}

/**
 * Node strips types by a WASM module that calls JavaScript. After a thousand calls V8 compiles a wrapper for it, one for all threads,
 * and Node 24 crashes (SIGSEGV below Runtime_TierUpWasmToJSWrapper) if the thread that frees the last one is gone. So it never does.
 */
const KEEP_GENERIC_WRAPPERS = '--wasm-wrapper-tiering-budget=1000000000';

export function startThreads(file: URL, context: WorkerContext, count: number): Threads {
  setFlagsFromString(KEEP_GENERIC_WRAPPERS);
  const piscina = new Piscina({
    filename: file.href,
    workerData: context,
    minThreads: count,
    maxThreads: count,
    // The JavaScript heap of a worker holds code and messages; tensors are elsewhere. V8 would fill a larger young generation without need.
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 2 },
    // Warnings about type stripping and tfjs's greeting would break the progress display.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  // A worker that ends on its own reports it here too. The rejection of its job is what counts.
  piscina.on('error', () => {});
  const turn = createTurns(count);
  return {
    count,
    async run<R>(job: Job, limitSeconds: number) {
      const release = await turn();
      const hung = new AbortController();
      const timer = setTimeout(() => hung.abort(), limitSeconds * 1000);
      try {
        return (await piscina.run(job, { signal: hung.signal })) as JobAnswer<R> | NoEngine;
      } catch (error) {
        if (hung.signal.aborted) throw new Error(`no answer within ${limitSeconds} s`, { cause: error });
        throw error;
      } finally {
        clearTimeout(timer);
        release();
      }
    },
    ids: () => piscina.threads.map(({ threadId }) => threadId),
    close: () => piscina.destroy(),
  };
}

/** Lets `count` callers go on at a time, in the order in which they came. Each one gets the function that ends its turn. */
function createTurns(count: number): () => Promise<() => void> {
  const waiting: (() => void)[] = [];
  let free = count;
  const release = () => {
    const next = waiting.shift();
    if (next) next();
    else free++;
  };
  return async () => {
    if (free > 0) free--;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    return release;
  };
}
