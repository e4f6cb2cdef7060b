import { expect, test } from 'vitest';
import type { Prepared } from '../data/prepare.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import { monitorOf } from './monitor.ts';

const epoch = (number: number, accuracy: number): EpochMetrics => ({
  epoch: number,
  loss: 1,
  validation: { loss: 1, accuracy },
  standardErrors: {},
  learningRate: 0.1,
  gradientNorm: 1,
  seconds: 1,
  sequencesPerSecond: 1,
  best: false,
});

test('a score of NaN is worse than any other, also in the first epoch', () => {
  const monitor = monitorOf({
    recipe: { name: 'x', training: { earlyStopping: { monitor: 'accuracy', patience: 2 } } },
    task: { type: 'classify', metricInfo: { accuracy: { better: 'higher', format: String } } },
  } as unknown as Pick<Prepared, 'recipe' | 'task'>);
  const unknown = epoch(1, Number.NaN);
  expect(monitor.isBest(unknown, [])).toBe(true);
  expect(monitor.isBest(epoch(2, 0.5), [unknown])).toBe(true);
  expect(monitor.isBest(epoch(2, Number.NaN), [unknown])).toBe(false);
  expect(monitor.isBest(epoch(3, Number.NaN), [unknown, epoch(2, 0.5)])).toBe(false);
  expect(monitor.isBest(epoch(3, 0.6), [unknown, epoch(2, 0.5)])).toBe(true);
});
