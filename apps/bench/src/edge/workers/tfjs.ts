/** The model in plain tfjs-core operations on tfjs's own WASM backend, as usually written for a Worker. */
import { BackendWasm } from '@tensorflow/tfjs-backend-wasm/dist/backend_wasm.js';
import '@tensorflow/tfjs-backend-wasm/dist/register_all_kernels.js';
import emscripten from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.js';
import binary from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm';
import * as tf from '@tensorflow/tfjs-core';
import { idsOf, STEPS, UNITS, VOCABULARY } from '../bench-model.ts';
import { timed } from './timed.ts';
import weights from './weights.bin';

/** The backend from a compiled module. tfjs itself compiles bytes, which workerd forbids. */
async function start(): Promise<void> {
  const module = (await (emscripten as unknown as (options: object) => Promise<never>)({
    instantiateWasm(imports: WebAssembly.Imports, done: (instance: WebAssembly.Instance) => void) {
      const instance = new WebAssembly.Instance(binary, imports);
      done(instance);
      return instance.exports;
    },
  })) as { tfjs: object; cwrap(name: string, result: string | null, parameters: string[]): unknown };
  module.tfjs = {
    init: module.cwrap('init', null, []),
    initWithThreadsCount: module.cwrap('init_with_threads_count', null, ['number']),
    getThreadsCount: module.cwrap('get_threads_count', 'number', []),
    registerTensor: module.cwrap('register_tensor', null, ['number', 'number', 'number']),
    disposeData: module.cwrap('dispose_data', null, ['number']),
    dispose: module.cwrap('dispose', null, []),
  };
  tf.registerBackend('wasm', () => new BackendWasm(module as never));
  await tf.setBackend('wasm');
}

export default timed(async () => {
  await start();
  const floats = new Float32Array(weights);
  let at = 0;
  const next = (...shape: number[]) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    at += size;
    return tf.tensor(floats.slice(at - size, at), shape);
  };
  const embeddings = next(VOCABULARY, UNITS);
  const kernel = next(UNITS, 4 * UNITS) as tf.Tensor2D;
  const recurrentKernel = next(UNITS, 4 * UNITS) as tf.Tensor2D;
  const bias = next(4 * UNITS);
  const dense = next(UNITS, 1) as tf.Tensor2D;
  const denseBias = next(1);
  return (number) =>
    tf.tidy(() => {
      const x = tf.gather(embeddings, tf.tensor1d(idsOf(number), 'int32')) as tf.Tensor2D;
      const projected = tf.split(tf.add(tf.matMul(x, kernel), bias) as tf.Tensor2D, STEPS);
      let h = tf.zeros<tf.Rank.R2>([1, UNITS]);
      let c = tf.zeros<tf.Rank.R2>([1, UNITS]);
      for (const step of projected) {
        const [i, f, g, o] = tf.split(tf.add(step, tf.matMul(h, recurrentKernel)) as tf.Tensor2D, 4, 1) as [
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor2D,
          tf.Tensor2D,
        ];
        c = tf.add(tf.mul(tf.sigmoid(f), c), tf.mul(tf.sigmoid(i), tf.tanh(g)));
        h = tf.mul(tf.sigmoid(o), tf.tanh(c));
      }
      return tf.sigmoid(tf.add(tf.matMul(h, dense), denseBias)).dataSync()[0] as number;
    });
});
