import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import golden from '../../goldens/tensorboard.json' with { type: 'json' };
import { createEventLog } from './event-log.ts';
import { encodeFileHeader, encodeScalars } from './tensorboard.ts';

test('bytes are those of TensorBoard itself', () => {
  const scalars = [
    { tag: 'train/loss', value: 0.1234 },
    { tag: 'validation/MAE_y', value: -2.5 },
  ];
  const bytes = Buffer.concat([encodeFileHeader(1700000000.5), encodeScalars(1700000001.25, 300, scalars)]);
  expect(bytes.toString('hex')).toBe(golden.hex);
});

test('a log holds every step and epoch, in one file', () => {
  const directory = mkdtempSync(join(tmpdir(), 'unroll-events-'));
  const log = createEventLog(directory, () => 1_700_000_000_000);
  const step = {
    type: 'step',
    epoch: 1,
    meanLoss: 1,
    learningRate: 0.1,
    gradientNorm: 2,
    sequencesPerSecond: 10,
    utilisation: [],
    phases: { gradients: 1, sum: 1, update: 1, all: 3 },
  } as const;
  for (let i = 1; i <= 120; i++) log.onEvent({ ...step, step: i, updates: i, loss: 1 / i });
  const more = { standardErrors: {}, learningRate: 0.1, gradientNorm: 2, seconds: 1, sequencesPerSecond: 10, best: true };
  log.onEvent({ type: 'epoch', epoch: 1, loss: 0.5, validation: { loss: 0.4, 'MAE y': 3 }, ...more });
  const [name = ''] = readdirSync(directory);
  expect(name).toBe('events.out.tfevents.1700000000.unroll');
  const content = readFileSync(join(directory, name), 'latin1');
  expect(content.split('train/loss')).toHaveLength(121);
  expect(content).toContain('validation/MAE_y');
});
