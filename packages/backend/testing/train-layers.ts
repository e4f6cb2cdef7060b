/** node train-layers.ts KIND DROP_IN: trains a small tfjs-layers model and prints the result as JSON. */
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';

const [kind = '', dropIn] = process.argv.slice(2);
if (dropIn === 'true') await import('../src/accelerate-layers.ts');
setWasmPaths(`${dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm'))}/`);
await tf.setBackend(kind === 'cpu' ? 'cpu' : 'wasm');

const [B, T, I, H] = [4, 6, 5, 9];
const { layers } = tfl;
let seed = 1;
// The orthogonal initializer needs the chained methods of @tensorflow/tfjs.
const initializers = () => ({
  kernelInitializer: tfl.initializers.glorotUniform({ seed: seed++ }),
  recurrentInitializer: tfl.initializers.glorotUniform({ seed: seed++ }),
});
const options = (more: object = {}) => ({ units: H, ...initializers(), ...more });

const recurrent: Record<string, () => tfl.layers.Layer[]> = {
  lstm: () => [layers.lstm(options())],
  'lstm sigmoid': () => [layers.lstm(options({ recurrentActivation: 'sigmoid', unitForgetBias: true }))],
  gru: () => [layers.gru(options())],
  simpleRNN: () => [layers.simpleRNN(options())],
  relu: () => [layers.simpleRNN(options({ activation: 'relu', useBias: false }))],
  masked: () => [layers.masking({ maskValue: 0 }), layers.lstm(options({ returnSequences: true })), layers.gru(options())],
  backwards: () => [layers.lstm(options({ goBackwards: true }))],
  bidirectional: () => [layers.bidirectional({ layer: layers.lstm(options({ returnSequences: false })) as tfl.RNN, mergeMode: 'concat' })],
  'two layers': () => [layers.gru(options({ returnSequences: true })), layers.simpleRNN(options())],
  states: () => [layers.lstm(options())],
  dropout: () => [layers.lstm(options({ dropout: 0.5 }))],
  elu: () => [layers.lstm(options({ activation: 'elu' }))],
  stateful: () => [layers.lstm(options({ stateful: true }))],
  cpu: () => [layers.lstm(options())],
};

const wave = (shape: number[], phase: number) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.3 + phase)),
    shape,
  );
// Two sequences end early; Masking looks for steps of zeros.
const real = tf.tensor3d(Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => [b < 2 && t > 3 ? 0 : 1])));
const x = tf.mul(wave([B, T, I], 0), real);
const y = wave([B, 1], 1);

let fusedCalls = 0;
const runKernel = tf.engine().runKernel.bind(tf.engine());
tf.engine().runKernel = ((name: string, ...rest: [tf.NamedTensorMap, tf.NamedAttrMap?]) => {
  if (name === 'UnrollRecurrent') fusedCalls++;
  return runKernel(name, ...rest);
}) as typeof runKernel;

const input = tf.tidy(() => tfl.input({ batchShape: [kind === 'stateful' ? B : null, T, I] as number[] }));
const last = (recurrent[kind] as () => tfl.layers.Layer[])().reduce((value, layer) => layer.apply(value) as tfl.SymbolicTensor, input);
const output = layers
  .dense({ units: 1, kernelInitializer: tfl.initializers.glorotUniform({ seed: 99 }) })
  .apply(last) as tfl.SymbolicTensor;
const model = tfl.model({ inputs: input, outputs: output });
model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });

const losses: number[] = [];
const numTensors: number[] = [];
for (let step = 0; step < 8; step++) {
  losses.push((await model.trainOnBatch(x, y)) as number);
  if (step >= 6) numTensors.push(tf.memory().numTensors);
}
const outputs = Array.from((model.predict(x, { batchSize: B }) as tf.Tensor).dataSync());

/** The outputs and states of a layer with returnState that starts from a given state. */
function statesOf(): number[] {
  if (kind !== 'states') return [];
  const layer = layers.lstm({ ...options(), returnState: true, returnSequences: true });
  const all = layer.apply(x, { initialState: [wave([B, H], 2), wave([B, H], 3)] } as never) as tf.Tensor[];
  return all.flatMap((tensor) => Array.from(tensor.dataSync()));
}
console.log(JSON.stringify({ losses, outputs, states: statesOf(), fusedCalls, numTensors }));
