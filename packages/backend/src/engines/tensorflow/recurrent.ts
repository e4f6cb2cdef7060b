import * as tf from '@tensorflow/tfjs-core';
import type { RecurrentAttrs } from '@unroll/ops/recurrent-op.ts';
import { biasShape, checkOperands, type Operands, type RecurrentSize, sizeOf } from '../../recurrent-operands.ts';
import type { Tensorflow } from './binding.ts';
import { fullOrder, maskedOrder, type RunningOrder } from './running-order.ts';
import type { BackwardInputs, BackwardResult, Form, Way, WayChoice, WayName } from './way.ts';

type Attrs = RecurrentAttrs & { bias?: boolean };
type Ways = Record<WayName, Way>;

/**
 * Registers UnrollRecurrent and UnrollRecurrentGrad for TensorFlow, with the inputs and outputs of ops/recurrent.ts. UnrollRecurrent
 * gives several saved tensors; the gradient takes the ones after the first as inputs '0', '1', ...
 * @param choice a way to use for everything; a cell that it does not take is an error.
 */
export function registerRecurrent(tensorflow: Tensorflow, ways: Ways, choice: WayChoice): void {
  for (const name of ['UnrollRecurrent', 'UnrollRecurrentGrad']) {
    if (tf.getKernel(name, 'tensorflow')) tf.unregisterKernel(name, 'tensorflow');
  }
  if (choice === 'scan') return;
  const orders = createOrders(tensorflow);
  const wayOf = (form: Form) => chooseWay(ways, choice, tensorflow.gpu, form);
  const register = (kernelName: string, run: (inputs: Operands, attrs: Attrs) => tf.Tensor[]) =>
    tf.registerKernel({
      kernelName,
      backendName: 'tensorflow',
      kernelFunc: ({ inputs, attrs }) => tf.tidy(() => run(inputs as Operands, attrs as Attrs)),
    });
  register('UnrollRecurrent', (inputs, attrs) => forward(orders, wayOf(formOf(inputs, attrs)), inputs, attrs));
  register('UnrollRecurrentGrad', (inputs, attrs) => backward(orders, wayOf(formOf(inputs, attrs)), inputs, attrs));
}

function chooseWay(ways: Ways, choice: Exclude<WayChoice, 'scan'>, gpu: boolean, form: Form): Way {
  const names: WayName[] = choice === 'auto' ? (gpu ? ['cudnn', 'graph'] : ['block', 'graph']) : [choice];
  const name = names.find((each) => ways[each].takes(form));
  if (!name) {
    const options = [form.hardSigmoid !== 0 && 'hard sigmoid', form.drops && 'recurrent dropout'].filter(Boolean).join(' and ');
    throw new Error(`recurrent ${form.cell}: '${choice}' does not run this cell${options && ` with ${options}`}; choose 'auto'`);
  }
  return ways[name];
}

const formOf = ({ drop }: Operands, { cell, hardSigmoid = 0 }: Attrs): Form => ({ cell, hardSigmoid, drops: drop !== undefined });

type OrderOf = (mask: tf.Tensor | undefined, size: RecurrentSize, reverse: boolean) => RunningOrder;

/** A mask is read back once: layers on top of each other share it. */
function createOrders(tensorflow: Tensorflow): OrderOf {
  const known = new WeakMap<object, Map<boolean, RunningOrder>>();
  return (mask, { B, T }, reverse) => {
    if (!mask) return fullOrder(T, reverse);
    const ofMask = known.get(mask.dataId) ?? new Map<boolean, RunningOrder>();
    known.set(mask.dataId, ofMask);
    let order = ofMask.get(reverse);
    if (!order) {
      const values = tf.backend().readSync(mask.dataId) as Uint8Array;
      order = values.every((real) => real === 1) ? fullOrder(T, reverse) : maskedOrder(tensorflow, values, [B, T], reverse);
      ofMask.set(reverse, order);
    }
    return order;
  };
}

function forward(orders: OrderOf, way: Way, inputs: Operands, attrs: Attrs): tf.Tensor[] {
  const size = sizeOf(inputs, attrs);
  checkOperands(size, inputs, attrs, ['x', 'w', 'u'], {});
  const { x, w, u, mask, drop } = inputs as Record<string, tf.Tensor>;
  const { h0, c0 } = initialState(size, inputs, attrs);
  const order = orders(mask, size, attrs.reverse);
  if (size.B === 0 || order.steps === 0) {
    const y = tf.zeros([size.B, size.T, size.H]);
    return [output(attrs, () => y, h0, c0), tf.zeros([0])];
  }
  const arranged = order.arrange(x as tf.Tensor);
  const bias = inputs.bias ? (inputs.bias as tf.Tensor) : tf.zeros(biasShape(size, attrs.cell));
  const given = { x: arranged, w: w as tf.Tensor, u: u as tf.Tensor, bias, h0, c0, drop, lengths: order.lengths };
  const { y, h, c, saved } = way.forward(formOf(inputs, attrs), given, attrs.training);
  const out = output(attrs, () => order.restore(y), h, c);
  // tf.clone: a kernel must not return its inputs.
  return attrs.training ? [out, arranged, tf.clone(h0), ...(c0 ? [tf.clone(c0)] : []), ...saved] : [out];
}

function backward(orders: OrderOf, way: Way, inputs: Operands, attrs: Attrs): tf.Tensor[] {
  const { x, w, u, mask, drop, saved, dOut, ...more } = inputs as Record<string, tf.Tensor>;
  const size = sizeOf(inputs, attrs);
  checkOperands(size, { x, w, u, mask, drop, dOut }, attrs, ['x', 'w', 'u', 'dOut'], {});
  const order = orders(mask, size, attrs.reverse);
  const isLstm = attrs.cell === 'lstm';
  const { dh, dc } = stateGradients(dOut as tf.Tensor, size, attrs);
  if (size.B === 0 || order.steps === 0) return noGradients(size, attrs, inputs, dh, dc);
  const [h0, ...rest] = Object.values(more) as [tf.Tensor, ...tf.Tensor[]];
  const given: BackwardInputs = {
    x: saved as tf.Tensor,
    w: w as tf.Tensor,
    u: u as tf.Tensor,
    h0,
    c0: isLstm ? rest[0] : undefined,
    drop,
    lengths: order.lengths,
    saved: isLstm ? rest.slice(1) : rest,
    dy: sequenceGradient(dOut as tf.Tensor, size, attrs, order),
    dh,
    dc,
  };
  const result = way.backward(formOf(inputs, attrs), given);
  return inOrder({ ...result, dx: order.arrangeGrad(result.dx) }, attrs);
}

const inOrder = ({ dx, dw, du, dBias, dh0, dc0 }: BackwardResult, { bias }: Attrs): tf.Tensor[] => [
  dx,
  dw,
  du,
  ...(bias ? [dBias] : []),
  dh0,
  ...(dc0 ? [dc0] : []),
];

function initialState(size: RecurrentSize, inputs: Operands, { cell }: Attrs): { h0: tf.Tensor; c0: tf.Tensor | undefined } {
  const state = (name: 'h0' | 'c0') => (inputs[name] ? (inputs[name] as tf.Tensor) : tf.zeros([size.B, size.H]));
  return { h0: state('h0'), c0: cell === 'lstm' ? state('c0') : undefined };
}

/** What `attrs.output` names, of y [B, T, H] and the last state. */
function output({ output: wanted }: Attrs, y: () => tf.Tensor, h: tf.Tensor, c: tf.Tensor | undefined): tf.Tensor {
  if (wanted === 'sequence') return y();
  if (wanted === 'last') return tf.clone(h);
  return tf.concat([y(), h, ...(c ? [c] : [])].map((value) => tf.reshape(value, [-1])));
}

/** dL/dy [steps, B, H] of the gradient of an output. */
function sequenceGradient(dOut: tf.Tensor, { B, T, H }: RecurrentSize, { output: wanted }: Attrs, order: RunningOrder): tf.Tensor {
  if (wanted === 'last') return tf.zeros([order.steps, B, H]);
  return order.restoreGrad(wanted === 'sequence' ? dOut : tf.reshape(tf.slice(dOut, [0], [B * T * H]), [B, T, H]));
}

/** dL/dh and dL/dc of the last state [B, H], where the output holds it. */
function stateGradients(dOut: tf.Tensor, { B, T, H }: RecurrentSize, { cell, output: wanted }: Attrs): { dh?: tf.Tensor; dc?: tf.Tensor } {
  if (wanted === 'sequence') return {};
  if (wanted === 'last') return { dh: dOut };
  const state = (index: number) => tf.reshape(tf.slice(dOut, [B * T * H + index * B * H], [B * H]), [B, H]);
  return cell === 'lstm' ? { dh: state(0), dc: state(1) } : { dh: state(0) };
}

/** The gradients of a batch without a real step: the last state is the initial one. */
function noGradients(
  size: RecurrentSize,
  attrs: Attrs,
  inputs: Operands,
  dh: tf.Tensor | undefined,
  dc: tf.Tensor | undefined,
): tf.Tensor[] {
  const { B, T, I, H } = size;
  const { w, u } = inputs as Record<'w' | 'u', tf.Tensor>;
  const result: BackwardResult = {
    dx: tf.zeros([B, T, I]),
    dw: tf.zerosLike(w),
    du: tf.zerosLike(u),
    dBias: tf.zeros(biasShape(size, attrs.cell)),
    dh0: dh ? tf.clone(dh) : tf.zeros([B, H]),
    dc0: attrs.cell === 'lstm' ? (dc ? tf.clone(dc) : tf.zeros([B, H])) : undefined,
  };
  return inOrder(result, attrs);
}
