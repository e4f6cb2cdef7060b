import { mkdirSync, mkdtempSync, readFileSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { EpochMetrics } from '../recipe/events.ts';
import { createMetricsFile } from './metrics-file.ts';

const fresh = () => join(mkdtempSync(join(tmpdir(), 'unroll-metrics-')), 'metrics.jsonl');
const history = [0.1 + 0.2, 1e-300, Number.NaN, -0.5].map(
  (loss, i): EpochMetrics => ({
    epoch: i + 1,
    loss: 1 / 3,
    validation: { loss },
    standardErrors: {},
    learningRate: 0.1,
    gradientNorm: 1,
    seconds: 1,
    sequencesPerSecond: 1,
    best: false,
  }),
);

test('metrics are read back to the bit, NaN and infinity included', async () => {
  const path = fresh();
  const file = createMetricsFile(path);
  for (let epochs = 0; epochs <= history.length; epochs++) await file.write(history.slice(0, epochs));
  expect(await createMetricsFile(path).read(4)).toEqual(history);
  expect(await createMetricsFile(path).read(3)).toEqual(history.slice(0, 3));
  await expect(createMetricsFile(path).read(5)).rejects.toThrow(/holds 4 of the 5 epochs/);
});

test('the next write also writes what a failed write missed', async () => {
  const path = fresh();
  const file = createMetricsFile(path);
  mkdirSync(path);
  await expect(file.write(history.slice(0, 1))).rejects.toThrow(`cannot write ${path}`);
  rmdirSync(path);
  await file.write(history.slice(0, 2));
  await file.write(history.slice(0, 3));
  expect(readFileSync(path, 'utf8').trim().split('\n')).toHaveLength(3);
  expect(await file.read(3)).toEqual(history.slice(0, 3));
});
