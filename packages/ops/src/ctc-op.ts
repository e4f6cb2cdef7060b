/** Connectionist temporal classification: the loss of label sequences whose alignment with the frames is unknown (Graves et al., 2006). */
import * as tf from '@tensorflow/tfjs-core';
import { type CtcInputs, checkCtcInputs } from './ctc-inputs.ts';
import { ctcScan } from './ctc-scan.ts';
import { asConstant, differentiable, hasOp } from './differentiable.ts';

export type { CtcInputs };

export interface CtcOptions {
  /** The label that stands for none: PyTorch's is 0, that of Keras is L - 1. */
  blank: number;
  /** Losses of impossible rows are 0 instead of Infinity, as PyTorch's zero_infinity. */
  zeroInfinity?: boolean;
}

export interface CtcLoss {
  /** [B]: -log of the probability of the target, not divided by its length. */
  losses: tf.Tensor1D;
  /**
   * bool [B]: rows that no path can spell, because the target needs more frames (`framesNeeded`), or logits are -Infinity or a
   * million below the largest. Their gradient is zero.
   */
  impossible: tf.Tensor1D;
}

/** The fewest frames that can spell a target: one for each label, and a blank between equal neighbours. */
export function framesNeeded(target: ArrayLike<number>): number {
  let frames = target.length;
  for (let i = 1; i < target.length; i++) if (target[i] === target[i - 1]) frames++;
  return frames;
}

/**
 * The CTC loss, with its gradient by the logits. Runs as one fused op if the backend has it. A row with NaN or Infinity among
 * its logits has a loss and gradients of NaN.
 * @throws if a length or a label is out of range, naming the row.
 */
export function ctcLoss(inputs: CtcInputs, { blank, zeroInfinity = false }: CtcOptions): CtcLoss {
  checkCtcInputs(inputs, blank);
  const raw = hasOp('UnrollCtc') ? fusedLoss(inputs, blank) : ctcScan(inputs, blank);
  const impossible = asConstant(raw, (x) => tf.equal(x, Number.POSITIVE_INFINITY)) as tf.Tensor1D;
  return { losses: zeroInfinity ? tf.where(impossible, tf.zerosLike(raw), raw) : raw, impossible };
}

/** UnrollCtc returns the losses and, if asked for, the gradient of each by its logits. */
function fusedLoss({ logits, ...constants }: CtcInputs, blank: number): tf.Tensor1D {
  const run = (given: tf.Tensor, gradient: boolean) =>
    tf.engine().runKernel('UnrollCtc', { logits: given, ...constants }, { blank, gradient }) as unknown as tf.Tensor[];
  if (tf.engine().state.gradientDepth === 0) return run(logits, false)[0] as tf.Tensor1D;
  return differentiable(
    { logits },
    (given) => {
      const [value, gradient] = run(given.logits, true) as [tf.Tensor, tf.Tensor];
      return { value, saved: { gradient } };
    },
    (dLosses, { gradient }) => ({ logits: tf.mul(tf.reshape(dLosses, [-1, 1, 1]), gradient as tf.Tensor) }),
  ) as tf.Tensor1D;
}
