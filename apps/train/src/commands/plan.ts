import { mkdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { requestedEngine } from '@unroll/backend/choose-engine.ts';
import { InvalidArgumentError } from 'commander';
import { type Prepared, prepare } from '../data/prepare.ts';
import { type Plan, planRecipe } from '../planning/plan.ts';
import { planPage } from '../planning/plan-page.ts';
import { planText } from '../planning/plan-text.ts';
import type { Cluster } from '../planning/training/cluster.ts';
import { parseBandwidth, parseLatency } from '../planning/units.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import type { Recipe, Settings } from '../recipe/recipe.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { shown } from '../terminal/shell.ts';
import { aRecipe, type Cli, experimentOptions, positiveInteger, setOption } from './options.ts';

export interface PlanOptions {
  ranks: number;
  /** Bytes per second between machines. Without it all ranks are on this machine. */
  network?: number;
  /** Seconds. */
  latency?: number;
  ranksPerMachine?: number;
  workers?: number;
  /** Instead of the recipe's. */
  shards?: number;
  batch?: number;
  set?: Settings;
  json: boolean;
  runs: string;
  signal: AbortSignal;
}

/** Of Ethernet between machines of a data centre, through the kernel. */
const LATENCY = 20e-6;
const MOST_RANKS = 65_536;

/** Forecasts training on many ranks and serving at the edge from measurements on this machine. */
export async function planCommand(nameOrPath: string, options: PlanOptions): Promise<void> {
  const engine = requestedEngine('wasm');
  if (engine !== 'wasm') throw new Error(`plan: it measures the wasm engine and cannot plan for '${engine}'; leave out --engine`);
  const cluster = clusterOf(options);
  const recipe = withTraining(await loadRecipe(nameOrPath, options.set), options);
  const started = performance.now();
  const prepared = prepare(recipe, 1);
  const plan = await measured(planRecipe(prepared, cluster, (performance.now() - started) / 1000, options.signal), options.signal);
  if (!plan) return;
  if (options.json) {
    console.log(JSON.stringify(withoutJobs(plan)));
    return;
  }
  console.log(planText(plan, prepared));
  console.log(`report  ${shown(await writePage(plan, prepared, options.runs))}`);
}

/** @returns undefined after Ctrl-C. */
async function measured(planning: Promise<Plan>, signal: AbortSignal): Promise<Plan | undefined> {
  try {
    return await planning;
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  }
}

/** @throws if options contradict each other. */
export function clusterOf({ ranks, network, latency, ranksPerMachine, workers }: Omit<PlanOptions, 'json' | 'runs' | 'signal'>): Cluster {
  if (ranks > MOST_RANKS) throw new Error(`plan: expected at most ${MOST_RANKS.toLocaleString('en')} ranks, got ${ranks}`);
  if (network === undefined) {
    for (const [flag, value] of Object.entries({ '--latency': latency, '--ranks-per-machine': ranksPerMachine })) {
      if (value !== undefined) throw new Error(`plan: ${flag} is for ranks on several machines; name their network with --network 10Gb`);
    }
  }
  const perMachine = Math.min(ranks, network === undefined ? ranks : (ranksPerMachine ?? 1));
  return {
    ranks,
    workers: workers ?? Math.max(1, Math.floor(availableParallelism() / perMachine)),
    ranksPerMachine: perMachine,
    network: { latency: latency ?? LATENCY, secondsPerByte: 1 / (network ?? Number.POSITIVE_INFINITY) },
  };
}

/** The recipe with another cut and size of its batches. */
function withTraining(recipe: Recipe, { shards, batch }: Pick<PlanOptions, 'shards' | 'batch'>): Recipe {
  const { training } = recipe;
  return { ...recipe, training: { ...training, shards: shards ?? training.shards, globalBatchSize: batch ?? training.globalBatchSize } };
}

/** The single jobs are too long for a line of JSON. */
const withoutJobs = ({ calibration: { jobs: _, ...calibration }, ...plan }: Plan) => ({ calibration, ...plan });

async function writePage(plan: Plan, prepared: Prepared, runs: string): Promise<string> {
  const directory = join(runs, `plan-${prepared.recipe.name}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'plan.html');
  await writeAtomically(path, await planPage(plan, prepared));
  return path;
}

/** A parser for commander, which adds the option's name to the error. */
function parsed<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text);
    } catch (error) {
      throw new InvalidArgumentError((error as Error).message);
    }
  };
}

export function addPlan({ program, signal }: Cli): void {
  program
    .command('plan')
    .description('forecast training on many machines and serving at the edge, from measurements here')
    .argument('<recipe>', aRecipe)
    .option('--ranks <number>', 'plan for up to so many ranks', positiveInteger, 16)
    .option('--network <bandwidth>', 'between machines: 10Gb, 25Gbit/s, 1GB/s (default: all ranks on this machine)', parsed(parseBandwidth))
    .option('--latency <time>', 'of a message between machines (default: 20us)', parsed(parseLatency))
    .option('--ranks-per-machine <number>', 'ranks on each machine (default: 1)', positiveInteger)
    .option('--workers <number>', 'worker threads of each rank (default: the cores of a machine over its ranks)', positiveInteger)
    .option('--shards <number>', "shards of a batch, instead of the recipe's", positiveInteger)
    .option('--batch <number>', "sequences of a batch, instead of the recipe's", positiveInteger)
    .option(...setOption)
    .option('--json', 'print one line of JSON only', false)
    .option(...experimentOptions.runs)
    .action((recipe: string, flags: Omit<PlanOptions, 'signal'>) => planCommand(recipe, { ...flags, signal }));
}
