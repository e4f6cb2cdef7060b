import type * as tf from '@tensorflow/tfjs-core';
import type { Gatherer } from '@unroll/model/tasks/gathered-metrics.ts';
import type { BatchTensors } from './batch.ts';

/** What each gatherer makes of the scored rows. @param activated the task's activated outputs. */
export function gatherRows(
  gatherers: Readonly<Record<string, Gatherer>>,
  activated: () => tf.Tensor,
  { targets, count }: BatchTensors,
): Record<string, Float32Array> {
  const entries = Object.entries(gatherers);
  if (entries.length === 0) return {};
  const outputs = activated();
  const [units, width] = [outputs.shape.at(-1) as number, targets.values.shape[1] as number];
  const [answers, truths] = [outputs.dataSync(), targets.values.dataSync()] as [Float32Array, Float32Array];
  const counted = targets.counted?.dataSync();
  const rows = Array.from({ length: truths.length / width }, (_, row) => row).filter((row) => !counted || counted[row]);
  const results = entries.map(([name, gatherer]) => {
    const values = new Float32Array(count * gatherer.width);
    for (const [i, row] of rows.entries()) {
      const [answer, truth] = [answers.subarray(row * units, (row + 1) * units), truths.subarray(row * width, (row + 1) * width)];
      values.set(gatherer.row(answer, truth), i * gatherer.width);
    }
    return [name, values] as const;
  });
  return Object.fromEntries(results);
}

/** Arrays end to end. */
export function joined(arrays: readonly Float32Array[]): Float32Array {
  const whole = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    whole.set(array, at);
    at += array.length;
  }
  return whole;
}
