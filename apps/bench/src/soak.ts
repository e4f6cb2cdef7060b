/**
 * npm run soak -w @unroll/bench [-- tensorflow]: training steps leave memory where it was: 10,000 on wasm after the first 100, or 5,000 on
 * tensorflow after the first 1,000.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import '@unroll/backend/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { createSoak, memoryUse } from '@unroll/model/testing/soak.ts';

/** TensorFlow's allocator moves within some MiB, of about 450. */
const NATIVE_MIB = 24;
/** TensorFlow keeps what it prepared for each shape, so the batches repeat. */
const SHAPES = 40;

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
  // oneDNN compiles code for each shape in each thread, so its memory settles only after thousands of steps.
  process.env.TF_ENABLE_ONEDNN_OPTS = '0';
  const { handles } = await startEngine(chooseEngine('tensorflow').setup);
  const step = createSoak();
  const use = () => ({ tensors: tf.memory().numTensors, handles: handles?.(), ...processMiB() });
  const collectGarbage = garbageCollector();
  const run = (i: number) => {
    // V8 does not see how much native memory its dead arrays hold.
    if (i % 250 === 0) collectGarbage();
    return step(i % SHAPES);
  };
  const [early, late] = measure(run, [1000, 6000], use);
  const isFlat =
    early.tensors === late.tensors &&
    early.handles === late.handles &&
    late.nativeMiB - early.nativeMiB <= NATIVE_MIB &&
    late.heapMiB <= early.heapMiB + 2;
  if (!isFlat) fail();
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}

/** What lives in V8's heap, and the resident memory outside of it. */
function processMiB(): { heapMiB: number; nativeMiB: number } {
  garbageCollector()();
  const { heapUsed, heapTotal, rss } = process.memoryUsage();
  return { heapMiB: Math.round(heapUsed / 2 ** 20), nativeMiB: Math.round((rss - heapTotal) / 2 ** 20) };
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
