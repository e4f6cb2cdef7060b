/** The program that `tryEngine` starts: it starts the engine in a folder, multiplies two matrices, and prints what it found as JSON. */
import * as tf from '@tensorflow/tfjs-core';
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';

const SIZE = 1024;
const setup = JSON.parse(process.argv[2] as string) as TensorflowSetup;

const began = performance.now();
const engine = await startEngine(setup);
const startMs = performance.now() - began;

const ones = tf.ones([SIZE, SIZE]);
const product = () => {
  const result = tf.matMul(ones, ones);
  const value = result.dataSync()[0];
  result.dispose();
  return value;
};
const value = product();
const before = performance.now();
product();
const productMs = performance.now() - before;
if (value !== SIZE) throw new Error(`a product of matrices of ones, ${SIZE} wide, is ${value}`);
console.log(JSON.stringify({ description: engine.describe(), startMs, productMs }));
