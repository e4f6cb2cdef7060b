/**
 * npm run soak -w @unroll/bench [-- tensorflow]: training steps leave memory where it was: 10,000 on wasm after the first 100, or 5,000 on
 * tensorflow after the first 2,000. The shapes of the batches change from step to step; the 992 of them repeat.
 */
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import '@unroll/backend/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { createSoak, memoryUse } from '@unroll/model/testing/soak.ts';

/** malloc and V8's heap move within some MiB, of about 300. */
const ANONYMOUS_MIB = 24;

await (process.argv[2] === 'tensorflow' ? soakTensorflow() : soakWasm());

async function soakWasm(): Promise<void> {
  await startEngine(chooseEngine('wasm').setup);
  const step = createSoak();
  const [early, late] = measure(step, [100, 10_000], memoryUse);
  if (JSON.stringify(early) !== JSON.stringify(late)) fail();
}

async function soakTensorflow(): Promise<void> {
  const offer = engines.tensorflow();
  if (!offer.available) {
    console.log(`soak skipped: the tensorflow engine: ${offer.description}. ${offer.missing}`);
    return;
  }
  const { handles } = await startEngine(chooseEngine('tensorflow').setup);
  const step = createSoak();
  const use = () => ({ tensors: tf.memory().numTensors, handles: handles?.(), ...processMiB() });
  const collectGarbage = garbageCollector();
  const run = (i: number) => {
    // V8 does not see how much native memory its dead arrays hold.
    if (i % 250 === 0) collectGarbage();
    return step(i);
  };
  const [early, late] = measure(run, [2000, 7000], use);
  const isFlat =
    early.tensors === late.tensors &&
    early.handles === late.handles &&
    late.anonymousMiB - early.anonymousMiB <= ANONYMOUS_MIB &&
    late.heapMiB <= early.heapMiB + 2;
  if (!isFlat) fail();
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/**
 * What lives in V8's heap, and the process's anonymous memory: V8's heap and what native code allocates. The rest of the resident memory is
 * pages of files, such as TensorFlow's libraries: they come as code first runs and go as the machine needs memory, 100 MiB up or down.
 */
function processMiB(): { heapMiB: number; anonymousMiB: number } {
  garbageCollector()();
  const [, kib] = /RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return { heapMiB: Math.round(process.memoryUsage().heapUsed / 2 ** 20), anonymousMiB: Math.round(Number(kib) / 1024) };
}

/** What `use` gives after each number of steps. */
function measure<T>(step: (i: number) => number, counts: [number, number], use: () => T): [T, T] {
  let i = 0;
  return counts.map((count) => {
    for (; i < count; i++) step(i);
    const used = use();
    console.log(`after ${count} steps ${JSON.stringify(used)}`);
    return used;
  }) as [T, T];
}

function fail(): void {
  console.error('soak: memory grew');
  process.exitCode = 1;
}
