import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseOrThrow } from '@unroll/schema/check.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { writeAtomically } from './write-atomically.ts';

const runDescription = v.strictObject({
  /** Name or absolute path. */
  recipe: v.string(),
  seed: int,
  epochs: v.optional(int),
  settings: v.optional(v.record(v.string(), finite)),
});
/** What a run was started with: enough to resume it. */
export type RunDescription = v.InferOutput<typeof runDescription>;

/** The directory that one training run writes to. */
export interface RunDirectory {
  readonly id: string;
  readonly path: string;
  /** What the run resumes from. */
  readonly checkpoints: string;
  /** The metrics of each epoch, a line of JSON each. */
  readonly metrics: string;
  /** The best weights so far in float32, replaced whenever an epoch is better. */
  readonly best: string;
  /** The finished model in int8. */
  readonly model: string;
  readonly report: string;
}

/**
 * Creates runs/<recipe>-<time>, a new one even within the same second, with what it was started with in run.json.
 * @throws if the directory cannot be created.
 */
export async function createRunDirectory(runs: string, name: string, now: Date, about: RunDescription): Promise<RunDirectory> {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  mkdirSync(runs, { recursive: true });
  for (let count = 1; ; count++) {
    const path = join(runs, count === 1 ? `${name}-${stamp}` : `${name}-${stamp}-${count}`);
    try {
      mkdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') continue;
      throw new Error(`cannot create the run directory ${path}: ${(error as Error).message}`, { cause: error });
    }
    await writeAtomically(join(path, 'run.json'), `${JSON.stringify(about, undefined, 2)}\n`);
    return runDirectory(path);
  }
}

/** @throws if the directory holds no run. */
export function openRunDirectory(path: string): { run: RunDirectory; about: RunDescription } {
  try {
    return {
      run: runDirectory(path),
      about: parseOrThrow(runDescription, JSON.parse(readFileSync(join(path, 'run.json'), 'utf8')), 'run.json'),
    };
  } catch (cause) {
    throw new Error(`resume: ${path} is not the directory of a run: ${(cause as Error).message}`, { cause });
  }
}

function runDirectory(path: string): RunDirectory {
  return {
    id: basename(path),
    path,
    checkpoints: join(path, 'checkpoints'),
    metrics: join(path, 'metrics.jsonl'),
    best: join(path, 'best.safetensors'),
    model: join(path, 'model.safetensors'),
    report: join(path, 'report.html'),
  };
}
