import { expect, test } from 'vitest';
import { createProgress } from './progress.ts';

test('without a terminal, warnings and epochs are plain lines', () => {
  let said = '';
  const stream = { isTTY: false, write: (text: string) => (said += text) } as unknown as NodeJS.WriteStream;
  const progress = createProgress(stream, { accuracy: { better: 'higher', format: (value) => `${value * 100} %` } });
  progress.onEvent({
    type: 'start',
    workers: 1,
    parameters: 1234,
    epochs: 2,
    stepsPerEpoch: 5,
    shards: 4,
    resumedAt: { epoch: 1, step: 3 },
  });
  progress.onEvent({
    type: 'start',
    shards: 2,
    workers: 2,
    workersWanted: 9,
    parameters: 1,
    epochs: 2,
    stepsPerEpoch: 1,
    resumedAt: { epoch: 1, step: 0 },
  });
  progress.onEvent({ type: 'retry', what: 'gradient of shard 1', reason: 'it hung', attempt: 1 });
  for (const path of ['step-1.safetensors', 'step-2.safetensors', 'x']) progress.onEvent({ type: 'writeFailed', path, reason: 'ENOSPC' });
  const epoch = { loss: 1, learningRate: 0.1, gradientNorm: 1, seconds: 1, sequencesPerSecond: 1234.4, standardErrors: {} };
  progress.onEvent({ type: 'epoch', epoch: 1, ...epoch, validation: { loss: 0.5, accuracy: 0.25 }, best: true });
  expect(said.split('\n')).toEqual([
    '1,234 parameters, 5 steps an epoch, 1 worker, resumes at epoch 1, step 4',
    '1 parameter, 1 step an epoch, 2 workers (not 9: a batch has 2 shards), no checkpoint yet: starts at the first step',
    'warning: gradient of shard 1 failed (it hung); attempt 2 runs on a fresh worker',
    'warning: cannot write step-1.safetensors: ENOSPC; training continues and tries again',
    'warning: cannot write x: ENOSPC; training continues and tries again',
    'epoch 1/2  loss 1.0000  validation: loss 0.5000  accuracy 25 %  1,234 sequences/s  best',
    '',
  ]);
});
