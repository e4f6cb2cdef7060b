import { Piscina } from 'piscina';
import type { DiagnoseResult, GradientResult, OutputsResult, ShardContext, ShardTask } from './shard.ts';

/** Shard tasks on worker threads. */
export interface Pool {
  readonly workers: number;
  gradient(task: Omit<Extract<ShardTask, { type: 'gradient' }>, 'type'>): Promise<GradientResult>;
  outputs(samples: Int32Array): Promise<OutputsResult>;
  diagnose(task: Omit<Extract<ShardTask, { type: 'diagnose' }>, 'type'>): Promise<DiagnoseResult>;
  close(): Promise<void>;
}

/**
 * Starts `workers` threads, each with its own tfjs backend and a view of the shared memory in `context`.
 * A task that fails is tried once more: it may have been the worker, and a task has no effect but its slot.
 */
export function startPool(context: ShardContext, workers: number): Pool {
  const piscina = new Piscina({
    filename: new URL('shard.ts', import.meta.url).href,
    workerData: context,
    minThreads: workers,
    maxThreads: workers,
    // Warnings about type stripping and tfjs's greeting would tear the progress display.
    execArgv: ['--disable-warning=ExperimentalWarning'],
  });
  async function run<R>(task: ShardTask): Promise<R> {
    try {
      return (await piscina.run(task)) as R;
    } catch {
      return (await piscina.run(task)) as R;
    }
  }
  return {
    workers,
    gradient: (task) => run({ type: 'gradient', ...task }),
    outputs: (samples) => run({ type: 'outputs', samples }),
    diagnose: (task) => run({ type: 'diagnose', ...task }),
    close: () => piscina.destroy(),
  };
}
