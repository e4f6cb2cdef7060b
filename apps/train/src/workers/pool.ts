import type { EngineName } from '@unroll/backend/engine.ts';
import type { Retry } from '../recipe/events.ts';
import { adviceOn, deviceFault } from './device-fault.ts';
import { type Job, type JobResults, THROWN_BY_JOB, type WorkerContext } from './protocol.ts';
import { BLOCK, cutIntoSegments, type Segment } from './reduce.ts';
import { startThreads, type ThreadCounts } from './threads.ts';

export interface PoolOptions {
  threads: ThreadCounts;
  /** A job that takes longer counts as hung: its worker is replaced. */
  limitSeconds: number;
  /** How many attempts a job gets. */
  attempts: number;
  onRetry: (retry: Retry) => void;
  /** The module of the computing threads. Tests put faults before the real one. */
  file?: URL | undefined;
}

type JobOf<K extends Job['type']> = Omit<Extract<Job, { type: K }>, 'type'>;

/** A vector to cut into segments; no cut divides a range of `whole`. */
export interface Vector {
  length: number;
  whole?: readonly Segment[];
}

/** Worker threads that compute shards, sum their gradients and update the parameters. */
export interface Pool {
  readonly workers: number;
  run<K extends keyof JobResults>(type: K, job: JobOf<K>): Promise<JobResults[K]>;
  /** Runs the job on every segment of a vector; on one worker if it is short. */
  runSegments<K extends 'sum' | 'update'>(type: K, vector: Vector, job: Omit<JobOf<K>, 'from' | 'to'>): Promise<void>;
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

/** The engine of the run does not start in a worker. */
export class EngineNotStarted extends Error {
  override readonly name = 'EngineNotStarted';

  constructor(engine: EngineName, reason: string) {
    super(`the ${engine} engine does not start in a worker: ${reason}`);
  }
}

const WORKER = new URL('worker.ts', import.meta.url);
const REDUCER = new URL('reducer.ts', import.meta.url);

/** A shorter vector is not worth a message to a second worker. */
export const SEGMENT_AT_LEAST = 8 * BLOCK;

/**
 * Starts worker threads, each with a view of the shared memory in `context`; those that compute shards start an engine. A worker that throws,
 * exits, runs out of memory or hangs is replaced, and its job runs again: no job reads what it writes.
 */
export function startPool(context: WorkerContext, { threads, limitSeconds, attempts, onRetry, file = WORKER }: PoolOptions): Pool {
  const computing = startThreads(file, context, threads.computing);
  const reducing = threads.reducing > 0 ? startThreads(REDUCER, context, threads.reducing) : computing;
  const all = [...new Set([computing, reducing])];
  const busy = new Map<number, number>();
  let closed = false;

  async function attempt<R>(job: Job): Promise<R> {
    const threads = job.type === 'sum' || job.type === 'update' ? reducing : computing;
    const answer = await threads.run<R>(job, limitSeconds);
    if ('noEngine' in answer) throw new EngineNotStarted(context.engine.engine, answer.noEngine);
    const { result, thread, milliseconds } = answer;
    busy.set(thread, (busy.get(thread) ?? 0) + milliseconds);
    return result;
  }

  async function run<K extends keyof JobResults>(type: K, job: JobOf<K>): Promise<JobResults[K]> {
    const what = describe(type, job);
    const errors: Error[] = [];
    while (true) {
      try {
        return await attempt<JobResults[K]>({ type, ...job } as unknown as Job);
      } catch (thrown) {
        const error = thrown as Error;
        if (closed || error instanceof EngineNotStarted) throw error;
        const repeats = THROWN_BY_JOB in error && error.message === errors.at(-1)?.message;
        errors.push(error);
        if (repeats || errors.length === attempts) {
          const fault = errors.map(({ message }) => deviceFault(message)).find((each) => each !== undefined);
          const advice = fault ? adviceOn(fault, rowsOf(job)?.ids.length ?? 0) : '';
          // A lost device may come back; then another run does not fail.
          throw new JobFailed(`${what} failed ${explain(errors)}${samplesOf(job)}${advice}`, {
            repeats: repeats && fault !== 'lost',
            cause: errors[0] as Error,
          });
        }
        onRetry({ what, reason: error.message, attempt: errors.length });
      }
    }
  }

  return {
    workers: threads.computing + threads.reducing,
    run,
    async runSegments(type, { length, whole }, job) {
      const segments = cutIntoSegments(length, length < SEGMENT_AT_LEAST ? 1 : reducing.count, whole);
      await Promise.all(segments.map((segment) => run(type, { ...job, ...segment } as unknown as JobOf<typeof type>)));
    },
    takeBusy() {
      const times = all.flatMap((each) => each.ids()).map((id) => busy.get(id) ?? 0);
      busy.clear();
      return times;
    },
    async close() {
      closed = true;
      await Promise.all(all.map((each) => each.close()));
    },
  };
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

/** Which rows a job computes, and what their numbers are; undefined if it reduces. */
function rowsOf(job: object): { name: string; ids: Int32Array | Float64Array } | undefined {
  const { samples, starts } = ('rows' in job ? job.rows : job) as { samples?: Int32Array; starts?: Float64Array };
  if (samples) return { name: 'samples', ids: samples };
  return starts && { name: 'steps from', ids: starts };
}

function samplesOf(job: object): string {
  const rows = rowsOf(job);
  if (!rows) return '';
  const { name, ids } = rows;
  const more = ids.length > IDS_SHOWN ? `, and ${ids.length - IDS_SHOWN} more` : '';
  return `. Its ${name} ${[...ids.subarray(0, IDS_SHOWN)].join(', ')}${more}`;
}
