/** The CRF's loss in plain tfjs ops, for a backend without the fused op: one step of the forward variables at a time. */
import * as tf from '@tensorflow/tfjs-core';
import type { CrfInputs, CrfParameters } from './crf-inputs.ts';
import { withZeroGradients } from './differentiable.ts';
import { atLeastLogZero, isLogZero, LOG_ZERO } from './log-space.ts';

/** Losses [B], Infinity where a score of the labels is -Infinity. Labels must be in range. */
export function crfScan({ emissions, labels, mask }: CrfInputs, parameters: CrfParameters): tf.Tensor1D {
  const [B, T, L] = emissions.shape;
  const all = [emissions, ...Object.values(parameters)];
  const places = placesOf(labels, mask);
  if (!places.some((row) => row.length)) return withZeroGradients(tf.zeros([B]), all) as tf.Tensor1D;

  const isReal = Array.from({ length: B * T }, () => false);
  for (const { b, t } of places.flat()) isReal[b * T + t] = true;
  const real = tf.tensor(isReal, [B, T, 1], 'bool');
  const given = atLeastLogZero(tf.where(real, emissions, tf.zerosLike(emissions)));
  const transitions = atLeastLogZero(parameters.transitions);
  const [start, end] = [parameters.start, parameters.end].map((scores) => tf.reshape(atLeastLogZero(scores), [1, L])) as [
    tf.Tensor,
    tf.Tensor,
  ];

  let alpha: tf.Tensor = tf.zeros([B, L]);
  for (let t = 0; t < T; t++) {
    const flags = (is: (row: Place[]) => boolean) => tf.tensor(places.map(is), [B, 1], 'bool');
    const reached = tf.logSumExp(tf.add(tf.expandDims(alpha, 2), transitions), 1);
    const before = tf.where(
      flags((row) => row[0]?.t === t),
      start,
      reached,
    );
    const next = tf.add(before, tf.reshape(tf.slice(given, [0, t, 0], [B, 1, L]), [B, L]));
    alpha = tf.where(
      flags((row) => row.some((place) => place.t === t)),
      next,
      alpha,
    );
  }

  const total = tf.logSumExp(tf.add(alpha, end), 1);
  const score = scoreOf(places, [B, T, L], { emissions: given, transitions, start, end });
  const losses = tf.where(isLogZero(score), tf.fill([B], Number.POSITIVE_INFINITY), tf.sub(total, score));
  const isEmpty = tf.tensor1d(
    places.map((row) => row.length === 0),
    'bool',
  );
  return tf.where(isEmpty, tf.zeros([B]), losses) as tf.Tensor1D;
}

/** A real step and its label. */
interface Place {
  b: number;
  t: number;
  label: number;
}

/** The real steps of each row. */
function placesOf(labels: tf.Tensor2D, mask: tf.Tensor2D | undefined): Place[][] {
  const real = mask?.arraySync();
  return labels.arraySync().map((row, b) => row.flatMap((label, t) => (!real || real[b]?.[t] ? [{ b, t, label }] : [])));
}

/** The scores of the labels [B]: products with the counts of each emission, pair, first and last label. */
function scoreOf(places: readonly (readonly Place[])[], [B, T, L]: [number, number, number], scores: Record<string, tf.Tensor>): tf.Tensor {
  const counts = {
    emissions: places.map((row) => row.map(({ t, label }) => t * L + label)),
    transitions: places.map((row) => row.slice(1).map(({ label }, i) => (row[i] as Place).label * L + label)),
    start: places.map((row) => row.slice(0, 1).map(({ label }) => label)),
    end: places.map((row) => row.slice(-1).map(({ label }) => label)),
  };
  const sizes = { emissions: T * L, transitions: L * L, start: L, end: L };
  const parts = Object.entries(counts).map(([name, indices]) => {
    const size = sizes[name as keyof typeof sizes];
    const values = new Float32Array(B * size);
    for (const [b, row] of indices.entries()) for (const i of row) values[b * size + i] = (values[b * size + i] as number) + 1;
    const own = tf.reshape(scores[name] as tf.Tensor, [name === 'emissions' ? B : 1, size]);
    return tf.sum(tf.mul(tf.tensor2d(values, [B, size]), own), 1);
  });
  // Several forbidden scores add up beyond LOG_ZERO; the sum stays finite.
  return tf.maximum(tf.addN(parts), 4 * LOG_ZERO);
}
