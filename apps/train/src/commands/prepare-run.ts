import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, totalmem } from 'node:os';
import type { EngineChoice } from '@unroll/backend/choose-engine.ts';
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import { rehearseArtifact } from '../artifact/rehearse-artifact.ts';
import { copiesWarning } from '../data/copies-warning.ts';
import { type Prepared, prepare } from '../data/prepare.ts';
import { type Facts, prepareAlike } from '../ranks/check-ranks.ts';
import { onFirstRank, type Ranks } from '../ranks/ranks.ts';
import { recipePath } from '../recipe/load-recipe.ts';
import { identityOf } from '../run/checkpoint.ts';
import { type RunDescription, recipeOfRun } from '../run/run-directory.ts';
import { checkMemory } from '../workers/check-memory.ts';
import { bytesOfRun } from '../workers/shared-memory.ts';
import { splitThreads } from '../workers/threads.ts';
import { type DescribedRun, describeRun, engineOfRun, type RunFlags } from './describe-run.ts';

export interface PreparedRun {
  about: RunDescription;
  /** The directory of the run to resume. */
  resumed: string | undefined;
  /** The directory to create, if the command line names one. */
  directory: string | undefined;
  prepared: Prepared;
  engine: EngineChoice;
  /** Threads of this rank. */
  workers: number;
}

export interface PrepareOptions extends RunFlags {
  workers?: number;
  /** Seconds that a rank may be silent. */
  rankTimeout: number;
}

/**
 * Reads the recipe and the data of a run on every rank, and checks that all ranks would train the same.
 * @throws on every rank an error that names the rank and what is wrong or differs.
 */
export async function prepareRun(ranks: Ranks, nameOrPath: string | undefined, options: PrepareOptions): Promise<PreparedRun> {
  const { rankTimeout } = options;
  await prepareAlike(ranks, rankTimeout, async () => ({ result: undefined, facts: factsOfProcess(nameOrPath, options) }));
  const described = await describeOnRanks(ranks, nameOrPath, options);
  return prepareAlike(ranks, rankTimeout, async () => {
    const recipe = await recipeOfRun(described.about);
    const engine = engineOfRun({ ...described, resumed: described.resumed !== undefined }, recipe);
    const about: RunDescription = { ...described.about, engine: engine.name };
    const own = prepare(recipe, about.seed);
    const warnings = [...own.data.warnings, ...copiesWarning(own.sequences, ranks.onHost, totalmem())];
    const prepared: Prepared = { ...own, data: { ...own.data, warnings } };
    const slots = Math.ceil(recipe.training.shards / ranks.size);
    const workers = options.workers ?? Math.max(1, Math.floor(availableParallelism() / ranks.sharing));
    checkMemory(engine.name, splitThreads(engine.name, workers, slots), bytesOfRun(prepared, slots), process.availableMemory());
    if (ranks.rank === 0) await rehearseArtifact(prepared);
    return { result: { ...described, about, prepared, engine, workers }, facts: factsOfRun(about, prepared, engine) };
  });
}

/** The run's directory may be on rank 0's machine only, so rank 0 reads it. */
function describeOnRanks(
  ranks: Ranks,
  nameOrPath: string | undefined,
  flags: RunFlags,
): Promise<{ about: RunDescription; resumed: string | undefined; directory: string | undefined }> {
  const describe = (): Awaited<ReturnType<typeof describeOnRanks>> => {
    const { resumed, ...rest }: DescribedRun = describeRun(nameOrPath, flags);
    return { ...rest, resumed: resumed?.path };
  };
  return onFirstRank(ranks, describe);
}

/** What must be equal before the ranks read anything. */
function factsOfProcess(recipe: string | undefined, { seed, epochs, set, runs, run, resume, force }: PrepareOptions): Facts {
  const version = (
    JSON.parse(readFileSync(createRequire(import.meta.url).resolve('@unroll/train/package.json'), 'utf8')) as { version: string }
  ).version;
  return {
    command: { recipe, seed, epochs, set, runs, run, resume, force },
    unroll: version,
    node: process.version,
    processor: process.arch,
  };
}

/** What decides the bits of the weights. */
function factsOfRun(about: RunDescription, prepared: Prepared, engine: EngineChoice): Facts {
  return {
    recipe: {
      name: prepared.recipe.name,
      sha256: createHash('sha256')
        .update(readFileSync(recipePath(about.recipe)))
        .digest('hex'),
    },
    settings: about.settings,
    run: identityOf(prepared, engine.name),
    // The revectorized kernels give the bits of the relaxed ones.
    ...(engine.name === 'wasm' && { kernels: chooseKernels().mode === 'simd' ? 'simd' : 'relaxed' }),
  };
}
