/** The naive twins of cudnn-packing.ts: every number set down by its index, and cuDNN's equations on packed parameters. */
import { type CudnnMode, gateOrder } from '../src/engines/tensorflow/cudnn-packing.ts';

export interface Sizes {
  T: number;
  B: number;
  I: number;
  H: number;
}

/** Keras' w [I, G·H], u [H, G·H] and bias, flat, as cuDNN's parameters. */
export function packNaively(
  mode: CudnnMode,
  w: ArrayLike<number>,
  u: ArrayLike<number>,
  bias: ArrayLike<number>,
  { I, H }: Sizes,
): Float32Array {
  const order = gateOrder[mode];
  const G = order.length;
  const packed = new Float32Array(G * H * (I + H + 2));
  const uAt = G * H * I;
  const biasAt = uAt + G * H * H;
  for (const [position, gate] of order.entries()) {
    for (let unit = 0; unit < H; unit++) {
      const row = position * H + unit;
      const column = gate * H + unit;
      for (let i = 0; i < I; i++) packed[row * I + i] = w[i * G * H + column] as number;
      for (let j = 0; j < H; j++) packed[uAt + row * H + j] = u[j * G * H + column] as number;
      if (mode === 'gru') packed[biasAt + row] = bias[column] as number;
      packed[biasAt + G * H + row] = bias[(mode === 'gru' ? G * H : 0) + column] as number;
    }
  }
  return packed;
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** y [T, B, H] flat, of x [T, B, I] flat, from zeros. Source of the equations: cudnnRNNMode_t in NVIDIA's cuDNN reference. */
export function runNaively(mode: CudnnMode, x: ArrayLike<number>, packed: Float32Array, { T, B, I, H }: Sizes): Float32Array {
  const G = gateOrder[mode].length;
  const y = new Float32Array(T * B * H);
  for (let b = 0; b < B; b++) {
    let h: number[] = new Array(H).fill(0);
    const c: number[] = new Array(H).fill(0);
    for (let t = 0; t < T; t++) {
      const before = h;
      const product = (row: number, at: number, n: number, value: (k: number) => number) =>
        Array.from({ length: n }, (_, k) => (packed[at + row * n + k] as number) * value(k)).reduce((sum, part) => sum + part, 0);
      const biasAt = G * H * (I + H);
      const ofX = (row: number) => product(row, 0, I, (i) => x[(t * B + b) * I + i] as number) + (packed[biasAt + row] as number);
      const ofH = (row: number) => product(row, G * H * I, H, (j) => before[j] as number) + (packed[biasAt + G * H + row] as number);
      h = before.map((previous, unit) => {
        const sum = (gate: number) => ofX(gate * H + unit) + ofH(gate * H + unit);
        if (mode === 'rnn_tanh') return Math.tanh(sum(0));
        if (mode === 'rnn_relu') return Math.max(0, sum(0));
        if (mode === 'gru') {
          const [r, z] = [sigmoid(sum(0)), sigmoid(sum(1))];
          const n = Math.tanh(ofX(2 * H + unit) + r * ofH(2 * H + unit));
          return (1 - z) * n + z * previous;
        }
        c[unit] = sigmoid(sum(1)) * (c[unit] as number) + sigmoid(sum(0)) * Math.tanh(sum(2));
        return sigmoid(sum(3)) * Math.tanh(c[unit]);
      });
      y.set(h, (t * B + b) * H);
    }
  }
  return y;
}
