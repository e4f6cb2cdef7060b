import * as tf from '@tensorflow/tfjs-core';
import type { Tensorflow } from './binding.ts';
import { type CudnnMode, pack, unpack } from './cudnn-packing.ts';
import type { BackwardInputs, BackwardResult, CellName, ForwardInputs, ForwardResult, Way } from './way.ts';

const modes: Partial<Record<CellName, CudnnMode>> = { lstm: 'lstm', gruResetAfter: 'gru', rnnTanh: 'rnn_tanh', rnnRelu: 'rnn_relu' };

/** A sequence by cuDNN: the ops CudnnRNNV3 and CudnnRNNBackpropV3, which only have kernels for GPUs. */
export function createCudnnWay(tensorflow: Pick<Tensorflow, 'execute'>): Way {
  return {
    takes: ({ cell, hardSigmoid, drops }) => modes[cell] !== undefined && !hardSigmoid && !drops,
    forward: ({ cell }, inputs, training) => forward(tensorflow, modes[cell] as CudnnMode, inputs, training),
    backward: ({ cell }, inputs) => backward(tensorflow, modes[cell] as CudnnMode, inputs),
  };
}

function forward(
  { execute }: Pick<Tensorflow, 'execute'>,
  mode: CudnnMode,
  { x, w, u, bias, h0, c0, lengths }: ForwardInputs,
  training: boolean,
): ForwardResult {
  const packed = pack(mode, w, u, bias);
  const attrs = { rnn_mode: { string: mode }, time_major: { bool: true }, is_training: { bool: training } };
  const [y, h, c, reserve, hostReserve] = execute('CudnnRNNV3', [x, ...states(h0, c0), packed, stepsOf(x, lengths)], attrs, 5) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  const last = (value: tf.Tensor, initial: tf.Tensor) => choose(lengths, tf.squeeze(value, [0]), initial);
  return { y, h: last(h, h0), c: c0 && last(c, c0), saved: [packed, y, h, c, reserve, hostReserve] };
}

function backward({ execute }: Pick<Tensorflow, 'execute'>, mode: CudnnMode, inputs: BackwardInputs): BackwardResult {
  const { x, h0, c0, lengths, saved, dy } = inputs;
  const [packed, y, h, c, reserve, hostReserve] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const dh = inputs.dh ?? tf.zerosLike(h0);
  const dc = c0 && (inputs.dc ?? tf.zerosLike(c0));
  const ofCudnn = (gradient: tf.Tensor) => tf.expandDims(choose(lengths, gradient, tf.zerosLike(gradient)), 0);
  const [dx, dh0, dc0, dPacked] = execute(
    'CudnnRNNBackpropV3',
    [x, ...states(h0, c0), packed, stepsOf(x, lengths), y, h, c, dy, ofCudnn(dh), dc ? ofCudnn(dc) : tf.zerosLike(c), reserve, hostReserve],
    { rnn_mode: { string: mode }, time_major: { bool: true } },
    4,
  ) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  const { w, u, bias } = unpack(mode, dPacked, x.shape[2] as number, h0.shape[1] as number);
  const initial = (gradient: tf.Tensor, dLast: tf.Tensor) => choose(lengths, tf.squeeze(gradient, [0]), dLast);
  return { dx, dw: w, du: u, dBias: bias, dh0: initial(dh0, dh), dc0: dc && initial(dc0, dc) };
}

/** h0 and c0 as [1, B, H], of one layer. Cells without c get a scalar, as Keras does it. */
const states = (h0: tf.Tensor, c0: tf.Tensor | undefined): tf.Tensor[] => [tf.expandDims(h0, 0), c0 ? tf.expandDims(c0, 0) : tf.scalar(0)];

/** cuDNN refuses a length of 0: a row without a real step runs one step, whose results nothing reads. int32 stays in host memory. */
function stepsOf(x: tf.Tensor, lengths: Int32Array | undefined): tf.Tensor {
  const [T, B] = x.shape as [number, number];
  return tf.tensor1d(lengths ? lengths.map((length) => Math.max(1, length)) : new Int32Array(B).fill(T), 'int32');
}

/** `value` [B, H] for the rows with a real step, `other` for those without. */
function choose(lengths: Int32Array | undefined, value: tf.Tensor, other: tf.Tensor): tf.Tensor {
  if (!lengths?.includes(0)) return value;
  const [B, H] = value.shape as [number, number];
  const real = Array.from(lengths, (length) => new Array<boolean>(H).fill(length > 0));
  return tf.where(tf.tensor2d(real, [B, H], 'bool'), value, other);
}
