import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type AshaOptions, nextJob, pickSmallest, rungEpochs, type Trial } from './asha.ts';

const options: AshaOptions = { trials: 27, eta: 3, minEpochs: 1, maxEpochs: 9 };

test('rungs grow by eta up to the maximum', () => {
  expect(rungEpochs(options)).toEqual([1, 3, 9]);
  expect(rungEpochs({ eta: 3, minEpochs: 2, maxEpochs: 20 })).toEqual([2, 6, 18, 20]);
  expect(rungEpochs({ eta: 3, minEpochs: 5, maxEpochs: 4 })).toEqual([4]);
});

/** Runs a whole search with `workers` workers. A trial's score is its quality plus a term that shrinks at each rung. */
function search(qualities: readonly number[], workers: number, asked: AshaOptions) {
  const trials: Trial[] = [];
  const running = new Map<number, () => void>();
  let epochs = 0;
  const rungs = rungEpochs(asked);
  for (let turn = 0; turn < 10_000; turn++) {
    while (running.size < workers) {
      const job = nextJob(trials, new Set(running.keys()), asked);
      if (!job) break;
      const id = job.type === 'new' ? job.id : job.trial.id;
      const rung = job.type === 'new' ? 0 : job.rung;
      epochs += (rungs[rung] as number) - (rungs[rung - 1] ?? 0);
      running.set(id, () => {
        const known = trials.find((trial) => trial.id === id);
        const trial = known ?? { id, settings: {}, parameters: 1, rungs: [], over: false };
        if (!known) trials.push(trial);
        trial.rungs.push((qualities[id - 1] as number) + 1 / (rung + 1));
      });
    }
    const [first] = running;
    if (!first) return { trials, epochs };
    running.delete(first[0]);
    first[1]();
  }
  throw new Error('the search did not end');
}

describe('successive halving', () => {
  test('each rung promotes a third of its trials, and the best reaches the last', () => {
    const qualities = Array.from({ length: 27 }, (_, i) => (i * 10) % 27);
    const { trials, epochs } = search(qualities, 1, options);
    expect(trials).toHaveLength(27);
    const reached = (rung: number) => trials.filter(({ rungs }) => rungs.length > rung);
    expect(reached(1).length).toBeLessThanOrEqual(13);
    expect(reached(1).length).toBeGreaterThanOrEqual(9);
    const best = trials.find(({ id }) => qualities[id - 1] === 0);
    expect(best?.rungs).toHaveLength(3);
    expect(epochs).toBeLessThan(0.45 * 27 * 9);
  });

  test('starts every trial and ends with the best one at the top, for any scores and number of workers', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer(), { minLength: 9, maxLength: 30 }), fc.integer({ min: 1, max: 5 }), (qualities, workers) => {
        const { trials } = search(qualities, workers, { ...options, trials: qualities.length });
        expect(trials.map(({ id }) => id).sort((a, b) => a - b)).toEqual(qualities.map((_, i) => i + 1));
        const best = trials.find(({ id }) => qualities[id - 1] === Math.min(...qualities));
        expect(best?.rungs).toHaveLength(3);
      }),
    );
  });

  test('a trial that ended by itself is not promoted', () => {
    const trials = [1, 2, 3].map((id) => ({ id, settings: {}, parameters: 1, rungs: [id], over: id === 1 }));
    expect(nextJob(trials, new Set(), { ...options, trials: 3 })).toBeUndefined();
    expect(
      nextJob(
        trials.map((trial) => ({ ...trial, over: false })),
        new Set(),
        { ...options, trials: 3 },
      ),
    ).toMatchObject({ type: 'promote', rung: 1 });
  });
});

test('the smallest within one standard error of the best is picked', () => {
  const judged = (parameters: number, score: number) => ({
    trial: { id: parameters, settings: {}, parameters, rungs: [score], over: true },
    score,
    standardError: 0.1,
  });
  expect(pickSmallest([judged(100, 1), judged(10, 1.05), judged(1, 1.2)])?.trial.parameters).toBe(10);
  expect(pickSmallest([judged(10, 1.05), judged(100, 0.9)])?.trial.parameters).toBe(100);
  expect(pickSmallest([])).toBeUndefined();
});
