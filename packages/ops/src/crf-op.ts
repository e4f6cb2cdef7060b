/** The loss of a linear-chain conditional random field (Lafferty et al., 2001). */
import * as tf from '@tensorflow/tfjs-core';
import { type CrfInputs, type CrfParameters, checkCrfInputs } from './crf-inputs.ts';
import { crfScan } from './crf-scan.ts';
import { asConstant, differentiable, hasOp } from './differentiable.ts';

export type { CrfInputs, CrfParameters };

/** Which labels may follow which, and which may be first and last: L·L flags, row by row, and L each. */
export interface AllowedLabels {
  transitions: ArrayLike<boolean>;
  start: ArrayLike<boolean>;
  end: ArrayLike<boolean>;
}

export interface CrfOptions {
  /** Label sequences that break these have probability zero. */
  allowed?: AllowedLabels;
  /** Losses of impossible rows are 0 instead of Infinity. */
  zeroInfinity?: boolean;
}

export interface CrfLoss {
  /** [B]: -log of the probability of the labels. 0 for a row without a real step. */
  losses: tf.Tensor1D;
  /** bool [B]: rows whose labels break `allowed`, or have a score of -Infinity. Their gradient is zero. */
  impossible: tf.Tensor1D;
}

/**
 * The negative log-likelihood of each row's labels, with its gradient by emissions and parameters. Runs as fused ops if the backend has
 * them. A row with NaN or Infinity among its scores has a loss and gradients of NaN.
 * @throws if a shape is wrong or a label out of range, naming its row and step.
 */
export function crfLoss(inputs: CrfInputs, parameters: CrfParameters, { allowed, zeroInfinity = false }: CrfOptions = {}): CrfLoss {
  checkCrfInputs(inputs, parameters);
  const scores = allowed ? forbid(parameters, allowed) : parameters;
  const raw = hasOp('UnrollCrf') ? fusedLoss(inputs, scores) : crfScan(inputs, scores);
  const impossible = asConstant(raw, (x) => tf.equal(x, Number.POSITIVE_INFINITY)) as tf.Tensor1D;
  return { losses: zeroInfinity ? tf.where(impossible, tf.zerosLike(raw), raw) : raw, impossible };
}

/** The parameters, -Infinity where a label must not stand. */
function forbid({ transitions, start, end }: CrfParameters, allowed: AllowedLabels): CrfParameters {
  const only = <T extends tf.Tensor>(scores: T, flags: ArrayLike<boolean>): T => {
    if (flags.length !== scores.size) {
      throw new Error(`crf: expected ${scores.size} flags of allowed labels for scores [${scores.shape}], got ${flags.length}`);
    }
    const isAllowed = tf.tensor(Uint8Array.from(flags, Number), scores.shape, 'bool');
    return tf.where(isAllowed, scores, tf.fill(scores.shape, Number.NEGATIVE_INFINITY)) as T;
  };
  return { transitions: only(transitions, allowed.transitions), start: only(start, allowed.start), end: only(end, allowed.end) };
}

/** UnrollCrf returns the losses and what UnrollCrfGrad needs beside them. */
function fusedLoss({ emissions, labels, mask }: CrfInputs, parameters: CrfParameters): tf.Tensor1D {
  const constants: tf.NamedTensorMap = { labels, ...(mask && { mask }) };
  const run = (given: tf.NamedTensorMap) =>
    tf.engine().runKernel('UnrollCrf', { ...given, ...constants }) as unknown as [tf.Tensor1D, tf.Tensor];
  const given = { emissions, ...parameters };
  if (tf.engine().state.gradientDepth === 0) return run(given)[0];
  return differentiable(
    given,
    ({ emissions, ...scores }) => {
      const [value, saved] = run({ emissions, ...scores });
      return { value, saved: { ...scores, ...constants, losses: value, saved } };
    },
    (dLosses, saved) => {
      const gradients = tf.engine().runKernel('UnrollCrfGrad', { ...saved, dLosses }) as unknown as tf.Tensor[];
      const [ofEmissions, transitions, start, end] = gradients as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      return { emissions: ofEmissions, transitions, start, end };
    },
  ) as tf.Tensor1D;
}
