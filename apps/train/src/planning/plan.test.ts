import { describe, expect, test } from 'vitest';
import { warningsOf } from './plan.ts';
import { batchOf, calibration, cluster } from './testing/calibrations.ts';
import type { Cluster } from './training/cluster.ts';
import { planTraining } from './training/training-plan.ts';

const network = { latency: 0, secondsPerByte: 0 };

function warnings(options: Partial<Cluster>, { shards = 4, globalBatchSize = 64, load = 0 } = {}): string[] {
  const where: Cluster = { ...cluster, network, ...options };
  const measured = { ...calibration, machine: { ...calibration.machine, load } };
  const workload = { steps: [batchOf(...new Array<number>(shards).fill(16))], stepsPerEpoch: 1, sequencesPerStep: 64, scoring: [] };
  const training = planTraining(measured, workload, where);
  const plan = { calibration: measured, cluster: where, training, moreShards: undefined, request: {} as never, edge: [] };
  return warningsOf(plan, { recipe: { training: { shards, globalBatchSize } } as never });
}

describe('a plan warns of', () => {
  test('ranks without a shard', () => {
    expect(warnings({ ranks: 8 })).toEqual(['8 ranks, but a batch has 4 shards: 4 ranks compute nothing. Plan more shards with --shards.']);
    expect(warnings({ ranks: 4, workers: 2 })).toEqual([
      '8 workers, but a batch has 4 shards: some workers compute nothing. Plan more shards with --shards.',
    ]);
  });

  test('more workers than sequences, whatever the number of shards', () =>
    expect(warnings({ ranks: 16 }, { shards: 32, globalBatchSize: 8 })).toEqual([
      '16 workers, but a batch has 8 sequences: 8 compute nothing. Plan a larger batch with --batch.',
    ]));

  test('threads that share cores', () =>
    expect(warnings({ ranksPerMachine: 4 })).toEqual(['4 workers share the 2 cores of a machine and take turns.']));

  test('a network that takes most of a step', () =>
    expect(warnings({ network: { latency: 0, secondsPerByte: 1 } })[0]).toMatch(
      /^on 4 ranks the all-reduce takes \d+ % of a step\. A larger batch gives each step more to compute: --batch\.$/,
    ));

  test('other programs on this machine', () =>
    expect(warnings({}, { load: 3 })).toEqual(['other programs use this machine (load 3.0 on 2 cores): the measured times are too long.']));

  test('nothing else', () => expect(warnings({})).toEqual([]));
});
