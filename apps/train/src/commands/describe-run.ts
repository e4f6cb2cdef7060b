import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { chooseEngine, type EngineChoice, requestedEngine } from '@unroll/backend/choose-engine.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { openRunDirectory, type RunDescription, type RunDirectory } from '../run/run-directory.ts';

/** The command line's flags for a run. Missing flags are undefined. */
export interface RunFlags {
  seed?: number;
  /** Instead of the recipe's. */
  epochs?: number;
  /** The recipe's settings with other values. */
  set?: Record<string, number>;
  /** The directory that gets the run's directory: 'runs' if left out. */
  runs?: string;
  /** The directory of the run to resume. */
  resume?: string;
  /** The directory of the run, to start it there or to resume it. */
  run?: string;
  /** Resume although the data changed, or with another engine. */
  force?: boolean;
}

/** A run to start, or one to resume. */
export interface DescribedRun {
  about: RunDescription;
  resumed: RunDirectory | undefined;
  /** The directory to create for a new run; undefined for a new name. */
  directory: string | undefined;
}

/** @throws if flags and the run to resume contradict each other. */
export function describeRun(nameOrPath: string | undefined, flags: RunFlags): DescribedRun {
  const { run, runs, resume } = flags;
  if (run !== undefined && (runs ?? resume) !== undefined) {
    throw new Error('--run names the directory of one run; it cannot go with --runs or --resume');
  }
  if (resume !== undefined) return describeResumed(nameOrPath, flags, resume);
  if (run !== undefined && existsSync(join(run, 'run.json'))) return describeResumed(nameOrPath, flags, run);
  if (nameOrPath === undefined) throw new Error('nothing to train: name a recipe, or a run with --resume');
  if (flags.force && run === undefined) throw new Error('--force resumes a run whose data or engine changed; it needs --resume');
  const { seed = 1, epochs, set } = flags;
  const about = { recipe: absolute(nameOrPath), seed, ...(epochs !== undefined && { epochs }), ...(set && { settings: set }) };
  return { about, resumed: undefined, directory: run };
}

/**
 * What computes a run. A resumed run keeps its engine unless another one is asked for by name.
 * @throws if this machine does not offer the engine.
 */
export function engineOfRun({ about, resumed }: { about: RunDescription; resumed: boolean }, recipe: Recipe): EngineChoice {
  if (!resumed) return chooseEngine(requestedEngine(recipe.training.engine));
  const own = about.engine ?? 'wasm';
  const requested = requestedEngine();
  try {
    return requested === 'auto' ? { ...chooseEngine(own), reason: 'the run began on it' } : chooseEngine(requested);
  } catch (error) {
    if (requested !== 'auto') throw error;
    const { message } = error as Error;
    throw new Error(`${message}. That engine trained this run; to continue with another, pass --engine wasm --force`, { cause: error });
  }
}

/** Epochs may change if the schedule allows it; the checkpoint decides. */
function describeResumed(nameOrPath: string | undefined, { seed, epochs, set, runs, force }: RunFlags, path: string): DescribedRun {
  const { run, about } = openRunDirectory(path);
  const { engine = 'wasm' } = about;
  const requested = requestedEngine();
  const changes = [
    nameOrPath !== undefined && absolute(nameOrPath) !== about.recipe && `its recipe is ${about.recipe}, not ${nameOrPath}`,
    seed !== undefined && seed !== about.seed && `its seed is ${about.seed}; --seed ${seed} cannot change it`,
    set &&
      !isDeepStrictEqual(set, about.settings) &&
      `its settings are ${written(about.settings)}; --set ${written(set)} cannot change them`,
    !force &&
      requested !== 'auto' &&
      requested !== engine &&
      `its engine is ${engine}, not ${requested}; leave --engine and UNROLL_ENGINE out, or pass --force to continue with ${requested}`,
    runs !== undefined && '--runs is for new runs; a resumed run keeps its directory',
  ].filter((change) => typeof change === 'string');
  if (changes.length) {
    throw new Error(`cannot resume ${path} with other values:\n${changes.map((change) => `  - ${change}`).join('\n')}`);
  }
  return { about: epochs === undefined ? about : { ...about, epochs }, resumed: run, directory: undefined };
}

const written = (settings: Record<string, number> | undefined) =>
  settings
    ? Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')
    : "the recipe's own";

/** A recipe's path made absolute; a name does not change. */
const absolute = (nameOrPath: string) => (/\.[jt]s$/.test(nameOrPath) ? resolve(nameOrPath) : nameOrPath);
