/**
 * cuDNN's parameters of one layer in one direction, G·H·(I + H + 2) floats: W as G matrices [H, I], U as G matrices [H, H], then G
 * biases [H] of the input and G biases [H] of the state. Keras' matrices [I, G·H] are split by gate, and each part transposed.
 * Sources: cudnnGetRNNWeightParams and cudnnRNNMode_t in NVIDIA's cuDNN reference; _standardize_cudnn_weights of Keras.
 */
import * as tf from '@tensorflow/tfjs-core';

/** TensorFlow's names for what cuDNN runs. */
export type CudnnMode = 'lstm' | 'gru' | 'rnn_tanh' | 'rnn_relu';

/** The gate of Keras' order at each position of cuDNN's order. LSTM: i, f, g, o in both. GRU: r, z, h here, z, r, h in Keras. */
export const gateOrder: Record<CudnnMode, readonly number[]> = { lstm: [0, 1, 2, 3], gru: [1, 0, 2], rnn_tanh: [0], rnn_relu: [0] };

/** [G·H·(I + H + 2)] of w [I, G·H], u [H, G·H] and bias [G·H], which a GRU has twice, [2, 3H]. One bias alone becomes that of the state. */
export function pack(mode: CudnnMode, w: tf.Tensor, u: tf.Tensor, bias: tf.Tensor): tf.Tensor1D {
  const order = gateOrder[mode];
  function gates(value: tf.Tensor, axis: number): tf.Tensor[] {
    const parts = tf.split(value, order.length, axis);
    return order.map((gate) => parts[gate] as tf.Tensor);
  }
  return tf.tidy(() => {
    const matrices = (value: tf.Tensor) => gates(value, 1).map((part) => tf.reshape(tf.transpose(part), [-1]));
    const biases = mode === 'gru' ? tf.unstack(bias) : [tf.zerosLike(bias), bias];
    return tf.concat([...matrices(w), ...matrices(u), ...biases.flatMap((each) => gates(each, 0))]) as tf.Tensor1D;
  });
}

/** The way back, for gradients. I and H are the features and units. */
export function unpack(mode: CudnnMode, packed: tf.Tensor, I: number, H: number): { w: tf.Tensor; u: tf.Tensor; bias: tf.Tensor } {
  const order = gateOrder[mode];
  const G = order.length;
  const inKerasOrder = (parts: tf.Tensor[]) => order.map((_, gate) => parts[order.indexOf(gate)] as tf.Tensor);
  const [w, u, inputBias, stateBias] = tf.split(packed, [G * H * I, G * H * H, G * H, G * H]) as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ];
  function matrix(value: tf.Tensor, rows: number): tf.Tensor {
    const parts = inKerasOrder(tf.unstack(tf.reshape(value, [G, H, rows])));
    return tf.concat(
      parts.map((part) => tf.transpose(part)),
      1,
    );
  }
  const bias = (value: tf.Tensor) => tf.concat(inKerasOrder(tf.split(value, G)));
  return { w: matrix(w, I), u: matrix(u, H), bias: mode === 'gru' ? tf.stack([bias(inputBias), bias(stateBias)]) : bias(stateBias) };
}
