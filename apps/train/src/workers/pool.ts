import { setFlagsFromString } from 'node:v8';
import { Piscina } from 'piscina';
import type { Retry } from '../recipe/events.ts';
import { BLOCK, cutIntoSegments } from './reduce.ts';
import type { ShardAnswer, ShardContext, ShardResults, ShardTask } from './shard-task.ts';

export interface PoolOptions {
  workers: number;
  /** A task that takes longer is taken for hung, and its worker ended. */
  limitSeconds: number;
  /** Attempts at a task before it is given up. */
  attempts: number;
  onRetry: (retry: Retry) => void;
  /** The worker's module. Tests put faults before the real one. */
  file?: URL | undefined;
}

type TaskOf<K extends ShardTask['type']> = Omit<Extract<ShardTask, { type: K }>, 'type'>;

/** Shard tasks on worker threads. */
export interface Pool {
  readonly workers: number;
  run<K extends keyof ShardResults>(type: K, task: TaskOf<K>): Promise<ShardResults[K]>;
  /** The same on every segment of vectors of `length` floats; by one worker where they are short. */
  runSegments<K extends 'sum' | 'update'>(type: K, length: number, task: Omit<TaskOf<K>, 'from' | 'to'>): Promise<void>;
  /** Milliseconds that each worker has been at work since the last call. */
  takeBusy(): number[];
  close(): Promise<void>;
}

/** A task failed as often as it may. */
export class ShardFailed extends Error {
  override readonly name = 'ShardFailed';
}

/**
 * Node strips types by a WASM module that calls JavaScript. After a thousand calls V8 compiles a wrapper for it, one for all threads,
 * and Node 24 crashes (SIGSEGV below Runtime_TierUpWasmToJSWrapper) if the thread that frees the last one is gone. So it never does.
 */
const KEEP_GENERIC_WRAPPERS = '--wasm-wrapper-tiering-budget=1000000000';

/** Shorter vectors are not worth a second worker's message. */
const SEGMENT_AT_LEAST = 8 * BLOCK;

/**
 * Starts worker threads, each with its own tfjs backend and a view of the shared memory in `context`. A worker that throws,
 * exits, runs out of memory or hangs is replaced, and its task tried again: no task reads what it writes.
 */
export function startPool(context: ShardContext, { workers, limitSeconds, attempts, onRetry, file }: PoolOptions): Pool {
  setFlagsFromString(KEEP_GENERIC_WRAPPERS);
  const piscina = new Piscina({
    filename: (file ?? new URL('shard.ts', import.meta.url)).href,
    workerData: context,
    minThreads: workers,
    maxThreads: workers,
    // The JavaScript heap of a worker holds code and messages; tensors lie in WASM memory. A larger nursery is filled, not needed.
    resourceLimits: { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 2 },
    // Warnings about type stripping and tfjs's greeting would tear the progress display.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  // A worker that ends on its own also says so here; the task's own rejection is what counts.
  piscina.on('error', () => {});
  const busy = new Map<number, number>();

  async function attempt<R>(task: ShardTask): Promise<R> {
    const hung = new AbortController();
    const timer = setTimeout(() => hung.abort(), limitSeconds * 1000);
    try {
      const answer = (await piscina.run(task, { signal: hung.signal })) as ShardAnswer<R>;
      if ('failed' in answer) {
        // What threw may have left its heap in any state.
        await piscina.threads.find(({ threadId }) => threadId === answer.thread)?.terminate();
        throw new Error(answer.failed);
      }
      busy.set(answer.thread, (busy.get(answer.thread) ?? 0) + answer.milliseconds);
      return answer.result;
    } catch (error) {
      if (hung.signal.aborted) throw new Error(`no answer within ${limitSeconds} s`, { cause: error });
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async function run<K extends keyof ShardResults>(type: K, task: TaskOf<K>): Promise<ShardResults[K]> {
    for (let count = 1; ; count++) {
      try {
        return await attempt<ShardResults[K]>({ type, ...task } as unknown as ShardTask);
      } catch (error) {
        const reason = (error as Error).message;
        const what = describe(type, task);
        if (count === attempts)
          throw new ShardFailed(`${what} failed ${attempts} times, last with: ${reason}${samplesOf(task)}`, { cause: error });
        onRetry({ what, reason, attempt: count });
      }
    }
  }

  return {
    workers,
    run,
    async runSegments(type, length, task) {
      const segments = cutIntoSegments(length, length < SEGMENT_AT_LEAST ? 1 : workers);
      await Promise.all(segments.map((segment) => run(type, { ...task, ...segment } as unknown as TaskOf<typeof type>)));
    },
    takeBusy() {
      const times = piscina.threads.map(({ threadId }) => busy.get(threadId) ?? 0);
      busy.clear();
      return times;
    },
    close: () => piscina.destroy(),
  };
}

function describe(type: string, task: object): string {
  return 'slot' in task ? `${type} of shard ${task.slot}` : type;
}

const IDS_SHOWN = 20;

function samplesOf(task: object): string {
  const rows = ('rows' in task ? task.rows : task) as { samples?: Int32Array; starts?: Int32Array };
  const [name, ids] = rows.samples ? ['samples', rows.samples] : ['steps from', rows.starts];
  if (!ids) return '';
  const more = ids.length > IDS_SHOWN ? `, and ${ids.length - IDS_SHOWN} more` : '';
  return `. Its ${name} ${[...ids.subarray(0, IDS_SHOWN)].join(', ')}${more}`;
}
