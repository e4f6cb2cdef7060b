import * as tf from '@tensorflow/tfjs-core';
import type { LoadedGraph, Tensorflow } from './binding.ts';
import { loopCells } from './loop-cells.ts';
import { backwardGraph, forwardGraph, stepsBefore } from './loop-graphs.ts';
import { encodeSavedModel } from './saved-model.ts';
import type { BackwardInputs, BackwardResult, Form, ForwardInputs, ForwardResult, Way } from './way.ts';

/**
 * A sequence as one TensorFlow graph with a loop, forward and backward: every cell and option, on any device. Products that need no
 * order, such as x·W and the gradients of the weights, are single products outside of the loop.
 */
export function createGraphWay(tensorflow: Pick<Tensorflow, 'loadGraph'>): Way {
  const loaded = new Map<string, LoadedGraph>();
  function graphOf(direction: 'forward' | 'backward', form: Form, masked: boolean): LoadedGraph {
    const key = JSON.stringify([direction, form, masked]);
    const found = loaded.get(key);
    if (found) return found;
    const { nodes } = (direction === 'forward' ? forwardGraph : backwardGraph)(form, masked);
    const graph = tensorflow.loadGraph(encodeSavedModel(nodes));
    loaded.set(key, graph);
    return graph;
  }
  return {
    takes: () => true,
    forward: (form, inputs, training) => forward(graphOf('forward', form, inputs.lengths !== undefined), form, inputs, training),
    backward: (form, inputs) => backward(graphOf('backward', form, inputs.lengths !== undefined), form, inputs),
  };
}

/** saved: y and, of an LSTM, c of all steps [T, B, H], then what the cell keeps. */
function forward(graph: LoadedGraph, { cell }: Form, inputs: ForwardInputs, training: boolean): ForwardResult {
  const { x, w, bias, h0, c0, drop, lengths } = inputs;
  const [T, B, I] = x.shape as [number, number, number];
  const [xBias, recurrentBias] = cell === 'gruResetAfter' ? (tf.unstack(bias) as [tf.Tensor, tf.Tensor]) : [bias];
  const xw = tf.reshape(tf.add(tf.matMul(tf.reshape(x, [T * B, I]), w as tf.Tensor2D), xBias), [T, B, -1]);
  const states = c0 ? { h: h0, c: c0 } : { h: h0 };
  const names = Object.keys(states);
  const saved = training ? loopCells[cell].kept : [];
  const outputs = graph.run(
    {
      xw,
      ...recurrentWeights(cell, inputs.u),
      ...(recurrentBias && { recurrentBias }),
      ...(drop && { drop }),
      ...(lengths && { real: realSteps(lengths, T) }),
      ...Object.fromEntries(Object.entries(states).map(([name, value]) => [`${name}0`, value])),
    },
    [...names.map((name) => `last_${name}`), ...(training ? names : ['h']), ...saved],
  );
  const [h, c] = outputs as [tf.Tensor, tf.Tensor | undefined];
  return { y: outputs[names.length] as tf.Tensor, h, c: c0 && c, saved: training ? outputs.slice(names.length) : [] };
}

function backward(graph: LoadedGraph, { cell }: Form, inputs: BackwardInputs): BackwardResult {
  const { x, w, u, h0, c0, drop, lengths, dy, dh, dc } = inputs;
  const [y, ...rest] = inputs.saved as [tf.Tensor, ...tf.Tensor[]];
  const [cSteps, kept] = c0 ? [rest[0] as tf.Tensor, rest.slice(1)] : [undefined, rest];
  const [T, B, I] = x.shape as [number, number, number];
  const H = h0.shape[1] as number;
  const hBefore = before(y, h0);
  const hpBefore = drop ? tf.mul(hBefore, drop) : hBefore;
  const available = { hBefore, hpBefore, ...(cSteps && c0 && { cBefore: before(cSteps, c0) }) } as Record<string, tf.Tensor>;
  const values = Object.fromEntries(loopCells[cell].kept.map((name, i) => [name, kept[i] as tf.Tensor]));
  const outputNames = [...(cell === 'gruResetAfter' ? ['dxw', 'ds'] : ['dxw']), ...(c0 ? ['dh0', 'dc0'] : ['dh0'])];
  const outputs = graph.run(
    {
      dy,
      ...recurrentWeights(cell, u),
      ...values,
      ...Object.fromEntries(stepsBefore(cell).map((name) => [name, available[name] as tf.Tensor])),
      ...(drop && { drop }),
      ...(lengths && { real: realSteps(lengths, T) }),
      dhLast: dh ?? tf.zerosLike(h0),
      ...(c0 && { dcLast: dc ?? tf.zerosLike(c0) }),
    },
    outputNames,
  );
  const result = Object.fromEntries(outputNames.map((name, i) => [name, outputs[i] as tf.Tensor]));
  const flat = (value: tf.Tensor, columns: number) => tf.reshape(value, [T * B, columns]) as tf.Tensor2D;
  const dxw = flat(result.dxw as tf.Tensor, w.shape[1] as number);
  const ds = result.ds ? flat(result.ds, w.shape[1] as number) : dxw;
  const hp = flat(hpBefore, H);
  return {
    dx: tf.reshape(tf.matMul(dxw, w as tf.Tensor2D, false, true), [T, B, I]),
    dw: tf.matMul(flat(x, I), dxw, true),
    du: cell === 'gruResetBefore' ? resetBeforeGradient(hp, flat(values.r as tf.Tensor, H), dxw) : tf.matMul(hp, ds, true),
    dBias: cell === 'gruResetAfter' ? tf.stack([tf.sum(dxw, 0), tf.sum(ds, 0)]) : tf.sum(dxw, 0),
    dh0: result.dh0 as tf.Tensor,
    dc0: result.dc0,
  };
}

/** dL/dU of gruResetBefore: the columns of z and r multiply h, those of n multiply r ∘ h. */
function resetBeforeGradient(hp: tf.Tensor2D, r: tf.Tensor2D, dxw: tf.Tensor2D): tf.Tensor {
  const H = hp.shape[1];
  const [dGates, dn] = tf.split(dxw, [2 * H, H], 1) as [tf.Tensor2D, tf.Tensor2D];
  return tf.concat([tf.matMul(hp, dGates, true), tf.matMul(tf.mul(r, hp) as tf.Tensor2D, dn, true)], 1);
}

/** The states that the steps began with, of their results [T, B, H] and the initial state. */
function before(results: tf.Tensor, initial: tf.Tensor): tf.Tensor {
  return tf.concat([tf.expandDims(initial, 0), tf.slice(results, [0, 0, 0], [(results.shape[0] as number) - 1, -1, -1])]);
}

/** 1 for the real steps, 0 past the end of a row: [T, B, 1]. */
function realSteps(lengths: Int32Array, T: number): tf.Tensor {
  const B = lengths.length;
  return tf.tensor(
    Float32Array.from({ length: T * B }, (_, i) => (Math.floor(i / B) < (lengths[i % B] as number) ? 1 : 0)),
    [T, B, 1],
  );
}

function recurrentWeights(cell: Form['cell'], u: tf.Tensor): { u: tf.Tensor; un?: tf.Tensor } {
  if (cell !== 'gruResetBefore') return { u };
  const H = u.shape[0] as number;
  const [gates, un] = tf.split(u, [2 * H, H], 1) as [tf.Tensor, tf.Tensor];
  return { u: gates, un };
}
