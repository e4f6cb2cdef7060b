/**
 * For apps/bench: reads one JSON job per line and prints the times of that run's steps. A run trains Embedding, LSTM and Dense on random
 * ids with Adam. The job gives the sizes. Under mpiexec all ranks train each run together.
 */
import { createInterface } from 'node:readline';
import { layoutOf } from '@unroll/model/layout.ts';
import { createRandom } from '@unroll/model/random.ts';
import { sharedFloats, sharedInts } from '../data/sequences.ts';
import type { Ranks } from '../ranks/ranks.ts';
import { RANK_TIMEOUT, withRanks } from '../ranks/with-ranks.ts';
import type { TrainEvent } from '../recipe/events.ts';
import { parseRecipe } from '../recipe/recipe.ts';
import { train } from '../training/train.ts';

interface Job {
  /** Rows of a batch per worker, steps, embedding dimensions, units. */
  B: number;
  T: number;
  I: number;
  H: number;
  /** How many optimizer steps are timed, after as many untimed ones. */
  calls: number;
  workers: number;
  vocabulary: number;
}

/** Medians of the timed steps, and the process's peak memory. */
interface Result {
  ms: number;
  /** From the end of one step to the end of the next. */
  betweenSteps: number;
  /** Share of a step outside the wait for gradients: plan, post, sum, update. */
  overhead: number;
  parameters: number;
  residentBytes: number;
}

const [WORKERS = '1', VOCABULARY = '96'] = process.argv.slice(2);
await withRanks(RANK_TIMEOUT, async (ranks) => {
  const lines = ranks.rank === 0 ? createInterface({ input: process.stdin })[Symbol.asyncIterator]() : undefined;
  while (true) {
    const line = await ranks.broadcast((await lines?.next())?.value ?? '');
    if (line === '') return ranks.leave();
    const job: Job = {
      workers: Number(WORKERS),
      vocabulary: Number(VOCABULARY),
      ...(JSON.parse(line) as Omit<Job, 'workers' | 'vocabulary'>),
    };
    const result = await run(job, ranks).catch((error: Error) => ({ error: error.message }));
    if (ranks.rank === 0) console.log(JSON.stringify(result));
  }
});

async function run(job: Job, ranks: Ranks): Promise<Result> {
  const events: Extract<TrainEvent, { type: 'step' }>[] = [];
  const ends: number[] = [];
  const enough = new AbortController();
  const { prepared } = await train(recipeOf(job, ranks.size), {
    ranks,
    workers: job.workers,
    signal: enough.signal,
    onEvent(event) {
      if (event.type !== 'step') return;
      events.push(event);
      ends.push(performance.now());
      if (event.updates >= 2 * job.calls) enough.abort();
    },
  });
  const timed = <T>(values: readonly T[]) => values.slice(job.calls);
  const gaps = ends.map((end, i) => end - (ends[i - 1] ?? end));
  return {
    ms: median(timed(events).map(({ phases }) => phases.all)),
    betweenSteps: median(timed(gaps)),
    overhead: median(timed(events).map(({ phases }) => 1 - phases.gradients / phases.all)),
    parameters: layoutOf(prepared.model.weights).length,
    residentBytes: process.resourceUsage().maxRSS * 1024,
  };
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}

function recipeOf({ B, T, I, H, calls, workers, vocabulary }: Job, ranks: number) {
  const shards = workers * ranks;
  const batch = B * shards;
  const samples = batch * (2 * calls + 2);
  return parseRecipe(
    {
      name: 'timed',
      description: '',
      data: {
        ...{ type: 'encoded', validation: batch / samples, test: batch / samples },
        load() {
          const random = createRandom('timed');
          const inputs = sharedInts(samples * T);
          for (let i = 0; i < inputs.length; i++) inputs[i] = 1 + random.integer(vocabulary - 1);
          const targets = sharedFloats(inputs.length);
          targets.set(inputs.subarray(1));
          const lengths = sharedInts(samples).fill(T);
          return { name: 'timed', source: '', inputs, features: 0, lengths, targets, targetsOf: 'step', targetWidth: 1 };
        },
      },
      model: () => ({
        input: { type: 'tokens', maxLength: T },
        layers: [
          { type: 'embedding', inputDim: vocabulary, outputDim: I },
          { type: 'lstm', units: H, returnSequences: true },
          { type: 'dense', units: vocabulary },
        ],
        task: { type: 'generate' },
      }),
      training: { epochs: 1, globalBatchSize: batch, shards, optimizer: { type: 'adam' } },
    },
    'the timed run',
  );
}
