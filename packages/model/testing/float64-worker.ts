/**
 * A worker that computes central differences of models' losses with tfjs in float64.
 * tfjs's plain JavaScript backend creates its arrays with `new Float32Array`; in this worker that name means Float64Array.
 */
import { parentPort } from 'node:worker_threads';
import type { LossCase } from './losses-of.ts';

Object.assign(globalThis, { Float32Array: Float64Array });
const tf = await import('@tensorflow/tfjs-core');
await import('@tensorflow/tfjs-backend-cpu');
await tf.setBackend('cpu');
tf.env().set('PROD', true); // No greeting.
tf.env().platform.isTypedArray = (value): value is Float32Array => ArrayBuffer.isView(value) && !(value instanceof DataView);
if (tf.scalar(1 / 3).dataSync()[0] !== 1 / 3) throw new Error('tfjs does not compute in float64 here');
const { lossOf } = await import('./losses-of.ts');

export interface Question {
  id: number;
  lossCase: LossCase;
  params: Record<string, Float64Array>;
  step: number;
}

parentPort?.on('message', ({ id, lossCase, params, step }: Question) => {
  const { loss } = lossOf(lossCase);
  const evaluate = () => tf.tidy(() => loss(params).dataSync()[0] as number);
  const differences = Object.fromEntries(
    Object.entries(params).map(([name, values]) => [name, values.map((value, i) => centralDifference(values, i, value, step, evaluate))]),
  );
  parentPort?.postMessage({ id, loss: evaluate(), differences });
});

function centralDifference(values: Float64Array, i: number, value: number, step: number, evaluate: () => number): number {
  values[i] = value + step;
  const above = evaluate();
  values[i] = value - step;
  const below = evaluate();
  values[i] = value;
  return (above - below) / (2 * step);
}
