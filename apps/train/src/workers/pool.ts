import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import type { Retry } from '../recipe/events.ts';
import { type Job, type JobAnswer, type JobResults, THROWN_BY_JOB, type WorkerContext } from './protocol.ts';
import { BLOCK, cutIntoSegments } from './reduce.ts';

export interface PoolOptions {
  workers: number;
  /** A job that takes longer counts as hung: its worker is replaced. */
  limitSeconds: number;
  /** How many attempts a job gets. */
  attempts: number;
  onRetry: (retry: Retry) => void;
  /** The worker's module. Tests put faults before the real one. */
  file?: URL | undefined;
}

type JobOf<K extends Job['type']> = Omit<Extract<Job, { type: K }>, 'type'>;

/** Worker threads that compute shards. */
export interface Pool {
  readonly workers: number;
  run<K extends keyof JobResults>(type: K, job: JobOf<K>): Promise<JobResults[K]>;
  /** Runs the job on every segment of vectors of `length` floats; on one worker if they are short. */
  runSegments<K extends 'sum' | 'update'>(type: K, length: number, job: Omit<JobOf<K>, 'from' | 'to'>): Promise<void>;
  /** Milliseconds that each worker has been busy since the last call. */
  takeBusy(): number[];
  close(): Promise<void>;
}

/** A job failed in every attempt it got. */
export class JobFailed extends Error {
  override readonly name = 'JobFailed';
  /** Whether our own code threw the same error twice, so that another run would fail too. */
  readonly repeats: boolean;

  constructor(message: string, { repeats, cause }: { repeats: boolean; cause: Error }) {
    super(message, { cause });
    this.repeats = repeats;
  }
}

/**
 * Node strips types by a WASM module that calls JavaScript. After a thousand calls V8 compiles a wrapper for it, one for all threads,
 * and Node 24 crashes (SIGSEGV below Runtime_TierUpWasmToJSWrapper) if the thread that frees the last one is gone. So it never does.
 */
const KEEP_GENERIC_WRAPPERS = '--wasm-wrapper-tiering-budget=1000000000';

/** A shorter vector is not worth a message to a second worker. */
const SEGMENT_AT_LEAST = 8 * BLOCK;

/**
 * Starts worker threads, each with its own tfjs backend and a view of the shared memory in `context`. A worker that throws,
 * exits, runs out of memory or hangs is replaced, and its job runs again: no job reads what it writes.
 */
export function startPool(context: WorkerContext, { workers, limitSeconds, attempts, onRetry, file }: PoolOptions): Pool {
  const piscina = startThreads(context, workers, file);
  const busy = new Map<number, number>();
  let closed = false;

  async function attempt<R>(job: Job): Promise<R> {
    const hung = new AbortController();
    const timer = setTimeout(() => hung.abort(), limitSeconds * 1000);
    try {
      const { result, thread, milliseconds } = (await piscina.run(job, { signal: hung.signal })) as JobAnswer<R>;
      busy.set(thread, (busy.get(thread) ?? 0) + milliseconds);
      return result;
    } catch (error) {
      if (hung.signal.aborted) throw new Error(`no answer within ${limitSeconds} s`, { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function run<K extends keyof JobResults>(type: K, job: JobOf<K>): Promise<JobResults[K]> {
    const what = describe(type, job);
    const errors: Error[] = [];
    while (true) {
      try {
        return await attempt<JobResults[K]>({ type, ...job } as unknown as Job);
      } catch (thrown) {
        const error = thrown as Error;
        if (closed) throw error;
        const repeats = THROWN_BY_JOB in error && error.message === errors.at(-1)?.message;
        errors.push(error);
        if (repeats || errors.length === attempts) {
          throw new JobFailed(`${what} failed ${explain(errors)}${samplesOf(job)}`, { repeats, cause: errors[0] as Error });
        }
        onRetry({ what, reason: error.message, attempt: errors.length });
      }
    }
  }

  return {
    workers,
    run,
    async runSegments(type, length, job) {
      const segments = cutIntoSegments(length, length < SEGMENT_AT_LEAST ? 1 : workers);
      await Promise.all(segments.map((segment) => run(type, { ...job, ...segment } as unknown as JobOf<typeof type>)));
    },
    takeBusy() {
      const times = piscina.threads.map(({ threadId }) => busy.get(threadId) ?? 0);
      busy.clear();
      return times;
    },
    close() {
      closed = true;
      return piscina.destroy();
    },
  };
}

function startThreads(context: WorkerContext, workers: number, file = new URL('shard.ts', import.meta.url)): Piscina {
  setFlagsFromString(KEEP_GENERIC_WRAPPERS);
  const piscina = new Piscina({
    filename: file.href,
    workerData: context,
    minThreads: workers,
    maxThreads: workers,
    // The JavaScript heap of a worker holds code and messages; tensors are in WASM memory. V8 would fill a larger young generation without need.
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 2 },
    // Warnings about type stripping and tfjs's greeting would break the progress display.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  // A worker that ends on its own reports it here too. The rejection of its job is what counts.
  piscina.on('error', () => {});
  return piscina;
}

function describe(type: string, job: object): string {
  return 'slot' in job ? `${type} of shard ${job.slot}` : type;
}

/** '3 times: out of memory, then no answer within 300 s': each reason once, the first cause first. */
function explain(errors: readonly Error[]): string {
  const reasons = [...new Set(errors.map(({ message }) => message))];
  return `${errors.length} times: ${reasons.join(', then ')}`;
}

const IDS_SHOWN = 20;

function samplesOf(job: object): string {
  const rows = ('rows' in job ? job.rows : job) as { samples?: Int32Array; starts?: Float64Array };
  const [name, ids] = rows.samples ? ['samples', rows.samples] : ['steps from', rows.starts];
  if (!ids) return '';
  const more = ids.length > IDS_SHOWN ? `, and ${ids.length - IDS_SHOWN} more` : '';
  return `. Its ${name} ${[...ids.subarray(0, IDS_SHOWN)].join(', ')}${more}`;
}
