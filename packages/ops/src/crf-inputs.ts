import type * as tf from '@tensorflow/tfjs-core';

/** B sequences of T steps over L labels. */
export interface CrfInputs {
  /** float32 [B, T, L]. */
  emissions: tf.Tensor3D;
  /** int32 [B, T]; those of padded steps are not read. */
  labels: tf.Tensor2D;
  /** bool [B, T]: false at padded steps, anywhere. The real steps around them are neighbours. All steps are real if left out. */
  mask?: tf.Tensor2D | undefined;
}

/** float32 scores. */
export interface CrfParameters {
  /** [L, L]: from label j to label k. */
  transitions: tf.Tensor2D;
  /** [L]: of a sequence's first label. */
  start: tf.Tensor1D;
  /** [L]: of its last. */
  end: tf.Tensor1D;
}

/** @throws if a shape is wrong or a real step's label is out of range, naming its row and step. */
export function checkCrfInputs({ emissions, labels, mask }: CrfInputs, { transitions, start, end }: CrfParameters): void {
  const [B, T, L] = emissions.shape;
  const given = [labels, ...(mask ? [mask] : []), transitions, start, end].map(({ shape }) => `[${shape}]`).join(', ');
  const expected = [[B, T], ...(mask ? [[B, T]] : []), [L, L], [L], [L]].map((shape) => `[${shape}]`).join(', ');
  if (given !== expected) {
    throw new Error(
      `crf: expected labels,${mask ? ' mask,' : ''} transitions, start and end of shapes ${expected} for emissions [${emissions.shape}], got ${given}`,
    );
  }
  const real = mask?.dataSync();
  for (const [step, label] of labels.dataSync().entries()) {
    if (real && !real[step]) continue;
    if (label >= 0 && label < L) continue;
    throw new Error(`crf: expected labels from 0 to ${L - 1}, got ${label} (step ${step % T} of row ${Math.floor(step / T)})`);
  }
}
