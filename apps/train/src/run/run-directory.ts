import { accessSync, constants, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { engineNames } from '@unroll/backend/engine.ts';
import { parseOrThrow } from '@unroll/schema/check.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { loadRecipe } from '../recipe/load-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { reasonOf, writeAtomically } from './write-atomically.ts';

const runDescription = v.strictObject({
  /** Name or absolute path. */
  recipe: v.string(),
  seed: int,
  epochs: v.optional(int),
  /** What computes; older runs, all of wasm, do not name it. */
  engine: v.optional(v.picklist(engineNames)),
  settings: v.optional(v.record(v.string(), finite)),
});
/** The options of a run: enough to resume it and to prepare its data again. */
export type RunDescription = v.InferOutput<typeof runDescription>;

/** The directory of one training run. */
export interface RunDirectory {
  readonly id: string;
  readonly path: string;
  /** The checkpoints of the run. */
  readonly checkpoints: string;
  /** The metrics, one line of JSON per epoch. */
  readonly metrics: string;
  /** The best weights so far in float32, replaced whenever an epoch is better. */
  readonly best: string;
  /** The finished model in int8. */
  readonly model: string;
  readonly report: string;
  /** Replaces run.json. */
  describe(about: RunDescription): Promise<void>;
}

/**
 * Creates runs/<recipe>-<time>, a new one even within the same second, and writes the run's options to run.json.
 * @throws if the directory cannot be created.
 */
export async function createRunDirectory(runs: string, name: string, now: Date, about: RunDescription): Promise<RunDirectory> {
  const stamp = now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
  for (let count = 1; ; count++) {
    const path = join(runs, count === 1 ? `${name}-${stamp}` : `${name}-${stamp}-${count}`);
    if (existsSync(path)) continue;
    try {
      mkdirSync(runs, { recursive: true });
      mkdirSync(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST' && existsSync(path)) continue;
      throw new Error(`cannot create the run directory ${path}: ${reasonOf(error)}`, { cause: error });
    }
    const run = runDirectory(path);
    await run.describe(about);
    return run;
  }
}

/** Creates the directory of a new run at a path. @throws if it cannot be created. */
export async function createRunDirectoryAt(path: string, about: RunDescription): Promise<RunDirectory> {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new Error(`cannot create the run directory ${path}: ${reasonOf(error)}`, { cause: error });
  }
  const run = runDirectory(path);
  await run.describe(about);
  return run;
}

/** Opens an existing run. @throws if the directory is not a run's, or cannot be written to. */
export function openRunDirectory(path: string): { run: RunDirectory; about: RunDescription } {
  const about = readDescription(path);
  if (!about) throw new Error(`resume: ${path} is not the directory of a run: it has no run.json`);
  try {
    accessSync(path, constants.W_OK);
  } catch (cause) {
    throw new Error(`resume: cannot write to ${path}: ${reasonOf(cause)}`, { cause });
  }
  return { run: runDirectory(path), about };
}

/** The options of the run in a directory; undefined if there is no run.json. @throws if it cannot be read. */
export function readDescription(directory: string): RunDescription | undefined {
  const path = join(directory, 'run.json');
  if (!existsSync(path)) return undefined;
  try {
    return parseOrThrow(runDescription, JSON.parse(readFileSync(path, 'utf8')), 'run.json');
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
}

/** The recipe of a run, with its settings and epochs. */
export async function recipeOfRun({ recipe: nameOrPath, settings, epochs }: RunDescription): Promise<Recipe> {
  const recipe = await loadRecipe(nameOrPath, settings);
  return epochs === undefined ? recipe : { ...recipe, training: { ...recipe.training, epochs } };
}

/** The files of a run, whether they exist or not. */
export function runDirectory(path: string): RunDirectory {
  return {
    id: basename(path),
    path,
    checkpoints: join(path, 'checkpoints'),
    metrics: join(path, 'metrics.jsonl'),
    best: join(path, 'best.safetensors'),
    model: join(path, 'model.safetensors'),
    report: join(path, 'report.html'),
    describe: (about) => writeAtomically(join(path, 'run.json'), `${JSON.stringify(about, undefined, 2)}\n`),
  };
}
