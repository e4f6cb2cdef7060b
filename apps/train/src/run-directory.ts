import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EpochMetrics } from './train.ts';

/** The directory that one training run writes to. */
export interface RunDirectory {
  readonly id: string;
  readonly path: string;
  /** The best weights so far in float32, rewritten whenever they get better. */
  readonly checkpoint: string;
  /** The finished model in int8. */
  readonly model: string;
  readonly report: string;
  /** Appends an epoch to metrics.jsonl. */
  log(metrics: EpochMetrics): void;
}

/**
 * Creates runs/<recipe>-<time>, a new one even within the same second.
 * @throws if the directory cannot be created.
 */
export function createRunDirectory(runs: string, recipe: string, now: Date): RunDirectory {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  mkdirSync(runs, { recursive: true });
  for (let count = 1; ; count++) {
    const id = count === 1 ? `${recipe}-${stamp}` : `${recipe}-${stamp}-${count}`;
    const path = join(runs, id);
    try {
      mkdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new Error(`cannot create the run directory ${path}: ${(error as Error).message}`, { cause: error });
    }
    return {
      id,
      path,
      checkpoint: join(path, 'checkpoint.safetensors'),
      model: join(path, 'model.safetensors'),
      report: join(path, 'report.html'),
      log: (metrics) => appendFileSync(join(path, 'metrics.jsonl'), `${JSON.stringify(metrics)}\n`),
    };
  }
}
