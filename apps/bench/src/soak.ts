/** npm run soak -w @unroll/bench: 10,000 training steps leave tfjs's tensors and the WASM heap where they were after 100. */
import '@unroll/backend/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { sparseCategoricalCrossentropy } from '@unroll/model/losses.ts';
import { createModel } from '@unroll/model/model.ts';
import { parseModelSpec } from '@unroll/model/spec.ts';

await startWasmBackend(compileWasmModules());
const model = createModel(
  parseModelSpec({
    input: { type: 'tokens', maxLength: 64 },
    layers: [
      { type: 'embedding', inputDim: 500, outputDim: 32, maskZero: true },
      { type: 'lstm', units: 32, returnSequences: true, recurrentDropout: 0.2 },
      { type: 'gru', units: 32, resetAfter: false },
      { type: 'dense', units: 4 },
    ],
    task: { type: 'classify', labels: ['a', 'b', 'c', 'd'] },
  }),
);
const init = model.init(1);
const names = model.weights.map(({ name }) => name);
const weights = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));

/** A step on a batch whose size, length and padding change from one to the next. */
function step(i: number): void {
  tf.tidy(() => {
    const [B, T] = [1 + (i % 32), 2 + ((i * 13) % 62)];
    const ids = tf.tensor2d(
      Int32Array.from({ length: B * T }, (_, j) => (j % T > (j * 7) % T ? 0 : 1 + ((i + j) % 499))),
      [B, T],
      'int32',
    );
    const loss = (...values: tf.Tensor[]) => {
      const params = Object.fromEntries(names.map((name, j) => [name, values[j] as tf.Tensor]));
      const { outputs } = model.apply(params, ids, { trainingKey: [i] });
      return tf.mean(sparseCategoricalCrossentropy(outputs as tf.Tensor2D, tf.zeros([B, 1]))) as tf.Scalar;
    };
    tf.valueAndGrads(loss)(weights).value.dataSync();
  });
}

interface Use {
  tensors: number;
  buffers: number;
  heap: number;
}

function use(): Use {
  const { HEAPU8 } = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm;
  const { numTensors: tensors, numDataBuffers: buffers } = tf.memory();
  return { tensors, buffers, heap: HEAPU8.length };
}

const STEPS = 10_000;
let early: Use | undefined;
for (let i = 0; i < STEPS; i++) {
  step(i);
  if (i + 1 === 100) early = use();
}
const late = use();
console.log(`after 100 steps    ${JSON.stringify(early)}\nafter ${STEPS} steps ${JSON.stringify(late)}`);
if (JSON.stringify(early) !== JSON.stringify(late)) {
  console.error('soak: memory grew');
  process.exitCode = 1;
}
