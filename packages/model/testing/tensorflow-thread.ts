/** A thread that trains on the tensorflow engine until it is terminated. It posts its third loss. */
import '@unroll/backend/gradients.ts';
import { parentPort, workerData } from 'node:worker_threads';
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { createSoak } from './soak.ts';

await startEngine(workerData as TensorflowSetup);
const step = createSoak();
for (let i = 0; ; i++) {
  const loss = step(i);
  if (i === 2) parentPort?.postMessage(loss);
  await new Promise(setImmediate);
}
