/**
 * A drop-in for code that uses tfjs-layers on the WASM backend, in Node:
 *
 *     import '@unroll/backend/accelerate-layers.ts';
 *
 * From then on layers.lstm, layers.gru and layers.simpleRNN run their sequences, forward and backward, as fused kernels, and
 * products and embeddings on faster ones. Everything else runs as before: other activations, dropout in training, stacked or
 * convolutional cells, a mask together with an initial state, other backends, threaded builds.
 */
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { type RecurrentAttrs, runRecurrent } from '@unroll/ops/recurrent-op.ts';
import { chooseKernels } from './engines/wasm/choose-kernels.ts';
import { attachKernels } from './engines/wasm/start.ts';

/** The fields of a tfjs-layers recurrent layer and its cell that are read here; some are private in tfjs-layers. */
interface RnnLayer {
  cell: RnnCell;
  goBackwards: boolean;
  returnSequences: boolean;
  returnState: boolean;
  stateful: boolean;
}
interface RnnCell {
  getClassName(): string;
  units: number;
  useBias: boolean;
  dropout: number;
  recurrentDropout: number;
  activation: { getClassName(): string };
  recurrentActivation?: { getClassName(): string };
  kernel: { read(): tf.Tensor };
  recurrentKernel: { read(): tf.Tensor };
  bias?: { read(): tf.Tensor };
}
interface CallOptions {
  mask?: tf.Tensor | null;
  training?: boolean;
  initialState?: tf.Tensor[] | null;
}
type Call = (this: RnnLayer, inputs: tf.Tensor | tf.Tensor[], options?: CallOptions) => tf.Tensor | tf.Tensor[];

const rnn = Object.getPrototypeOf(layers.rnn({ cell: layers.simpleRNNCell({ units: 1 }) })) as { call: Call };
const stock = rnn.call;
rnn.call = function call(inputs, options) {
  const x = Array.isArray(inputs) ? inputs[0] : inputs;
  const fused = x && fusedForm(this, x, options ?? {});
  return fused ? tf.tidy(() => run(this, fused, x, options ?? {})) : stock.call(this, inputs, options);
};

type Fused = Pick<RecurrentAttrs, 'cell' | 'hardSigmoid'>;

/** How the kernels run this call; undefined where they cannot. */
function fusedForm(layer: RnnLayer, x: tf.Tensor, { mask, training, initialState }: CallOptions): Fused | undefined {
  const { cell } = layer;
  const form = cellForm(cell);
  const drops = training && (cell.dropout > 0 || cell.recurrentDropout > 0);
  const isPlain = x.rank === 3 && x.size > 0 && x.dtype === 'float32' && !layer.stateful;
  // At a padded step tfjs repeats the state and the kernels repeat the previous output. The two differ only if a state was given.
  if (!form || drops || !isPlain || (mask && (initialState || mask.rank !== 2))) return undefined;
  return hasKernels() ? form : undefined;
}

function cellForm(cell: RnnCell): Fused | undefined {
  const activation = cell.activation?.getClassName();
  const gate = cell.recurrentActivation?.getClassName();
  if (cell.getClassName() === 'SimpleRNNCell') {
    const simple = { tanh: 'rnnTanh', relu: 'rnnRelu', sigmoid: 'rnnSigmoid' } as const;
    const name = simple[activation as keyof typeof simple];
    return name && { cell: name };
  }
  if (activation !== 'tanh' || (gate !== 'sigmoid' && gate !== 'hardSigmoid')) return undefined;
  const hardSigmoid = gate === 'hardSigmoid' ? 0.2 : 0;
  if (cell.getClassName() === 'LSTMCell') return { cell: 'lstm', hardSigmoid };
  // The only GRU of tfjs-layers resets before the product.
  return cell.getClassName() === 'GRUCell' ? { cell: 'gruResetBefore', hardSigmoid } : undefined;
}

const attached = new WeakMap<object, boolean>();

/** Whether the current backend has our kernels. The first call attaches them. */
function hasKernels(): boolean {
  if (tf.getBackend() !== 'wasm') return false;
  const backend = tf.backend();
  const known = attached.get(backend);
  if (known !== undefined) return known;
  const now = tf.getKernel('UnrollRecurrent', 'wasm') !== undefined || attachKernels(chooseKernels().module);
  attached.set(backend, now);
  return now;
}

function run(layer: RnnLayer, form: Fused, x: tf.Tensor, { mask, initialState }: CallOptions): tf.Tensor | tf.Tensor[] {
  const { cell, returnSequences, returnState, goBackwards } = layer;
  const [B = 0, T = 0] = x.shape;
  const H = cell.units;
  const output = returnState ? 'all' : returnSequences ? 'sequence' : 'last';
  const [h0, c0] = initialState ?? [];
  const bias = cell.useBias ? cell.bias?.read() : undefined;
  const out = runRecurrent(
    {
      x,
      w: cell.kernel.read(),
      u: cell.recurrentKernel.read(),
      ...(bias && { bias }),
      ...(h0 && { h0 }),
      ...(c0 && { c0 }),
    },
    { mask: mask ? tf.cast(mask, 'bool') : undefined },
    { ...form, units: H, reverse: goBackwards, output },
  );
  if (output !== 'all') return out;
  const states = Array.from({ length: form.cell === 'lstm' ? 2 : 1 }, (_, i) =>
    tf.reshape(tf.slice(out, [B * T * H + i * B * H], [B * H]), [B, H]),
  );
  const [last] = states as [tf.Tensor];
  return [returnSequences ? tf.reshape(tf.slice(out, [0], [B * T * H]), [B, T, H]) : last, ...states];
}
