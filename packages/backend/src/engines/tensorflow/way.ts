import type * as tf from '@tensorflow/tfjs-core';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';

/** How a sequence is run: BlockLSTMV2, cuDNN, or a loop as one TensorFlow graph. */
export type WayName = 'block' | 'cudnn' | 'graph';

/** 'auto' is the fastest way that takes a cell. 'scan' leaves sequences to the model, which runs a cell step by step. */
export type WayChoice = WayName | 'auto' | 'scan';

export type CellName = RecurrentAttrs['cell'];

/** What is run, independent of the values. */
export interface Form {
  cell: CellName;
  /** The slope of a hard sigmoid in the gates; 0 for sigmoids. */
  hardSigmoid: number;
  /** Whether the previous h is multiplied by factors in h·U. */
  drops: boolean;
}

/** Sequences of one batch, in the order of running: time-major, the real steps of each row first. */
export interface Sequences {
  /** [T, B, I]. Steps past the end of a row hold any finite values. */
  x: tf.Tensor;
  /** Real steps of each row, 0 to T. Undefined: all T. */
  lengths: Int32Array | undefined;
}

/** Weights as UnrollRecurrent takes them. */
export interface Weights {
  /** [I, G·H]. */
  w: tf.Tensor;
  /** [H, G·H]. */
  u: tf.Tensor;
}

export interface ForwardInputs extends Sequences, Weights {
  /** [G·H], or [2, G·H] with gruResetAfter. */
  bias: tf.Tensor;
  /** [B, H]. */
  h0: tf.Tensor;
  /** [B, H]; of an LSTM. */
  c0: tf.Tensor | undefined;
  /** [B, H]; if the form drops. */
  drop: tf.Tensor | undefined;
}

export interface ForwardResult {
  /** [T, B, H]. Steps past the end of a row hold any finite values. */
  y: tf.Tensor;
  /** The state after the last real step of each row, [B, H]; that of a row without one is its initial state. */
  h: tf.Tensor;
  c: tf.Tensor | undefined;
  /** What `backward` reads. */
  saved: tf.Tensor[];
}

export interface BackwardInputs extends Sequences, Weights {
  h0: tf.Tensor;
  c0: tf.Tensor | undefined;
  drop: tf.Tensor | undefined;
  saved: readonly tf.Tensor[];
  /** dL/dy [T, B, H], zeros past the end of a row. */
  dy: tf.Tensor;
  /** dL/dh and dL/dc of the last state, [B, H]. Undefined: zeros. */
  dh: tf.Tensor | undefined;
  dc: tf.Tensor | undefined;
}

/** Gradients by what `ForwardInputs` holds. Steps of dx past the end of a row hold any values. */
export interface BackwardResult {
  dx: tf.Tensor;
  dw: tf.Tensor;
  du: tf.Tensor;
  dBias: tf.Tensor;
  dh0: tf.Tensor;
  dc0: tf.Tensor | undefined;
}

/** One way of running sequences, forward and backward. T and B are at least 1. Both run inside a tf.tidy. */
export interface Way {
  takes(form: Form): boolean;
  forward(form: Form, inputs: ForwardInputs, training: boolean): ForwardResult;
  backward(form: Form, inputs: BackwardInputs): BackwardResult;
}
