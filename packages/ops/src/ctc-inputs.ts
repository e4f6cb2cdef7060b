import type * as tf from '@tensorflow/tfjs-core';

/** B sequences of up to T frames of L logits, each with a target of up to S labels. Lengths and labels are int32. */
export interface CtcInputs {
  /** float32 [B, T, L]. */
  logits: tf.Tensor3D;
  /** [B] real frames of each sequence; later ones are padding. */
  frames: tf.Tensor1D;
  /** [B, S] labels within [0, L), none of them the blank. */
  targets: tf.Tensor2D;
  /** [B] real labels of each target. */
  targetLengths: tf.Tensor1D;
}

/** @throws if a length or a label is out of range, naming the first such row, or if the blank is. */
export function checkCtcInputs({ logits, frames, targets, targetLengths }: CtcInputs, blank: number): void {
  const [B, T, L] = logits.shape;
  const [, S] = targets.shape;
  const shapes = [frames.shape, targets.shape, targetLengths.shape].map((shape) => `[${shape}]`).join(', ');
  if (shapes !== `[${B}], [${B},${S}], [${B}]`) {
    throw new Error(`ctc: expected frames [${B}], targets [${B},S] and their lengths [${B}] for logits [${logits.shape}], got ${shapes}`);
  }
  if (!Number.isInteger(blank) || blank < 0 || blank >= L) throw new Error(`ctc: expected a blank within the ${L} labels, got ${blank}`);
  const [labels, given, counts] = [targets.dataSync(), frames.dataSync(), targetLengths.dataSync()];
  for (let b = 0; b < B; b++) {
    const [frame, count] = [given[b] as number, counts[b] as number];
    if (frame < 0 || frame > T) throw new Error(`ctc: expected 0 to ${T} frames in row ${b}, got ${frame}`);
    if (count < 0 || count > S) throw new Error(`ctc: expected a target of 0 to ${S} labels in row ${b}, got ${count}`);
    for (let i = 0; i < count; i++) {
      const label = labels[b * S + i] as number;
      if (label >= 0 && label < L && label !== blank) continue;
      throw new Error(`ctc: expected labels from 0 to ${L - 1} but not the blank, ${blank}, got ${label} (number ${i} of row ${b})`);
    }
  }
}
