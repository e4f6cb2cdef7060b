/** tfjs-layers on the backend of the first argument: wasm, cpu, or tensorflow, with the kernels of tfjs-node. With a second argument it uses our drop-in. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import type { Case } from '../cases.ts';
import { serveCases, type Work } from '../serve.ts';
import { crossEntropyStep, VOCABULARY } from './cross-entropy-step.ts';
import { matMulWork } from './mat-mul.ts';

setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm'))}/`);
if (process.argv[3]) await import('@unroll/backend/accelerate-layers.ts');
const backend = process.argv[2] as string;
// The tensorflow engine leaves the kernels that tfjs-layers runs on as they are.
if (backend === 'tensorflow') await startEngine(chooseEngine('tensorflow').setup);
else await tf.setBackend(backend);
await serveCases(prepare);

function prepare(each: Case): Work {
  if (backend === 'cpu' && each.H > 32) throw new Error('runs the smallest shape only: it is slow');
  if (each.suite === 'gemm') return matMulWork(each);
  if (each.suite === 'step' || each.suite === 'trainer')
    return step({ ...each, B: each.B * Number(process.env.UNROLL_BENCH_BATCHES ?? 1) });
  const { B, T, I, H, suite, cell } = each;
  const layer = recurrent(cell, H);
  const x = tf.randomNormal([B, T, I]);
  const dY = tf.randomNormal([B, T, H]);
  tf.dispose(layer.apply(x) as tf.Tensor);
  if (suite === 'infer') return () => tf.tidy(() => void (layer.apply(x) as tf.Tensor).dataSync());
  const variables = layer.trainableWeights.map((weight) => weight.read());
  return () =>
    tf.tidy(() => {
      const loss = () => tf.sum(tf.mul(layer.apply(x) as tf.Tensor, dY)) as tf.Scalar;
      tf.engine()
        .gradients(loss, [x, ...variables])
        .grads.at(-1)
        ?.dataSync();
    });
}

function recurrent(cell: Case['cell'], units: number) {
  // tfjs-layers' orthogonal initializer needs the chained methods of the whole @tensorflow/tfjs.
  const options = { units, returnSequences: true, recurrentInitializer: 'glorotUniform' } as const;
  // tfjs-layers' default, hardSigmoid, would be a different function. It does not support resetAfter.
  const gated = { ...options, recurrentActivation: 'sigmoid' } as const;
  return cell === 'lstm' ? layers.lstm(gated) : cell === 'gru' ? layers.gru(gated) : layers.simpleRNN(options);
}

/** An embedding as a product with one-hot rows, because tfjs's WASM backend has no gradient of an embedding. */
function step({ B, T, I, H }: Case): Work {
  const [embedding, dense] = [tf.randomNormal([VOCABULARY, I]), tf.randomNormal([H, VOCABULARY], 0, 0.1)];
  const lstm = recurrent('lstm', H);
  const embedded = (table: tf.Tensor, ids: tf.Tensor) =>
    tf.reshape(tf.matMul(tf.cast(tf.oneHot(tf.reshape(ids, [B * T]) as tf.Tensor1D, VOCABULARY), 'float32'), table), [B, T, I]);
  tf.dispose(lstm.apply(tf.zeros([B, T, I])) as tf.Tensor);
  const layerWeights = lstm.trainableWeights.map((weight) => weight.read());
  const logits = ([table, weights]: readonly tf.Tensor[], ids: tf.Tensor) =>
    tf.matMul(tf.reshape(lstm.apply(embedded(table as tf.Tensor, ids)) as tf.Tensor, [B * T, H]), weights as tf.Tensor);
  return crossEntropyStep(logits, [embedding, dense], [B, T], layerWeights as tf.Variable[]);
}
