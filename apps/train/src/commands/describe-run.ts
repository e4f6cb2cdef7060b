import { resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
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
  /** Resume although the data changed. */
  force?: boolean;
}

/** A run to start, or one to resume. */
export interface DescribedRun {
  about: RunDescription;
  resumed: RunDirectory | undefined;
}

/** @throws if flags and the run to resume contradict each other. */
export function describeRun(nameOrPath: string | undefined, flags: RunFlags): DescribedRun {
  if (flags.resume !== undefined) return describeResumed(nameOrPath, flags, flags.resume);
  if (nameOrPath === undefined) throw new Error('nothing to train: name a recipe, or a run with --resume');
  if (flags.force) throw new Error('--force resumes a run whose data changed; it needs --resume');
  const { seed = 1, epochs, set } = flags;
  const about = { recipe: absolute(nameOrPath), seed, ...(epochs !== undefined && { epochs }), ...(set && { settings: set }) };
  return { about, resumed: undefined };
}

/** Epochs may change if the schedule allows it; the checkpoint decides. */
function describeResumed(nameOrPath: string | undefined, { seed, epochs, set, runs }: RunFlags, path: string): DescribedRun {
  const { run, about } = openRunDirectory(path);
  const changes = [
    nameOrPath !== undefined && absolute(nameOrPath) !== about.recipe && `its recipe is ${about.recipe}, not ${nameOrPath}`,
    seed !== undefined && seed !== about.seed && `its seed is ${about.seed}; --seed ${seed} cannot change it`,
    set &&
      !isDeepStrictEqual(set, about.settings) &&
      `its settings are ${written(about.settings)}; --set ${written(set)} cannot change them`,
    runs !== undefined && '--runs is for new runs; a resumed run keeps its directory',
  ].filter((change) => typeof change === 'string');
  if (changes.length) {
    throw new Error(`cannot resume ${path} with other values:\n${changes.map((change) => `  - ${change}`).join('\n')}`);
  }
  return { about: epochs === undefined ? about : { ...about, epochs }, resumed: run };
}

const written = (settings: Record<string, number> | undefined) =>
  settings
    ? Object.entries(settings)
        .map(([name, value]) => `${name}=${value}`)
        .join(' ')
    : "the recipe's own";

/** A recipe's path made absolute; a name does not change. */
const absolute = (nameOrPath: string) => (/\.[jt]s$/.test(nameOrPath) ? resolve(nameOrPath) : nameOrPath);
