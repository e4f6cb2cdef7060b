import * as tf from '@tensorflow/tfjs-core';
import type { LoadedGraph, Tensorflow } from './binding.ts';
import type { Graph } from './graph.ts';
import { loopCells } from './loop-cells.ts';
import { backwardGraph, forwardGraph } from './loop-graphs.ts';
import { encodeSavedModel } from './saved-model.ts';
import type { BackwardInputs, BackwardResult, Form, ForwardInputs, ForwardResult, Way } from './way.ts';

/** A sequence as one TensorFlow graph with a loop, forward and backward: every cell and option, on any device. */
export function createGraphWay(tensorflow: Pick<Tensorflow, 'loadGraph'>): Way {
  const loaded = new Map<string, LoadedGraph>();
  function loadOnce(key: string, build: () => Graph): LoadedGraph {
    const graph = loaded.get(key) ?? tensorflow.loadGraph(encodeSavedModel(build().nodes));
    loaded.set(key, graph);
    return graph;
  }
  return {
    takes: () => true,
    forward(form, inputs, training) {
      const masked = inputs.lengths !== undefined;
      const graph = loadOnce(JSON.stringify(['forward', form, masked, training]), () => forwardGraph(form, masked, training));
      return forward(graph, form, inputs, training);
    },
    backward(form, inputs) {
      const masked = inputs.lengths !== undefined;
      return backward(
        loadOnce(JSON.stringify(['backward', form, masked]), () => backwardGraph(form, masked)),
        form,
        inputs,
      );
    },
  };
}

/** saved: h and, of an LSTM, c of all steps [T, B, H], then what the cell keeps. */
function forward(graph: LoadedGraph, { cell }: Form, inputs: ForwardInputs, training: boolean): ForwardResult {
  const { bias, c0 } = inputs;
  const [inputBias, recurrentBias] = cell === 'gruResetAfter' ? (tf.unstack(bias) as [tf.Tensor, tf.Tensor]) : [bias];
  const states = c0 ? ['h', 'c'] : ['h'];
  const outputs = graph.run({ ...commonInputs(inputs), bias: inputBias, ...(recurrentBias && { recurrentBias }) }, [
    ...states.map((name) => `last_${name}`),
    ...(training ? [...states, ...loopCells[cell].kept] : ['h']),
  ]);
  const [h, c] = outputs as [tf.Tensor, tf.Tensor | undefined];
  return { y: outputs[states.length] as tf.Tensor, h, c: c0 && c, saved: training ? outputs.slice(states.length) : [] };
}

function backward(graph: LoadedGraph, { cell }: Form, inputs: BackwardInputs): BackwardResult {
  const { x, h0, c0, saved, dy, dh, dc } = inputs;
  const savedNames = [...(c0 ? ['h', 'c'] : ['h']), ...loopCells[cell].kept];
  const gradients = {
    ...commonInputs(inputs),
    ...Object.fromEntries(savedNames.map((name, i) => [name, saved[i] as tf.Tensor])),
    dy,
    dhLast: dh ?? tf.zerosLike(h0),
    ...(c0 && { dcLast: dc ?? tf.zerosLike(c0) }),
  };
  const names = ['dx', 'dw', 'du', 'dBias', 'dh0', ...(c0 ? ['dc0'] : [])];
  const [dx, dw, du, dBias, dh0, dc0] = graph.run(gradients, names) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  return { dx: tf.reshape(dx, x.shape), dw, du, dBias, dh0, dc0: c0 && dc0 };
}

/** What both directions read. */
function commonInputs({ x, w, u, h0, c0, drop, lengths }: ForwardInputs | BackwardInputs): Record<string, tf.Tensor> {
  const [T, B, I] = x.shape as [number, number, number];
  return {
    x: tf.reshape(x, [T * B, I]),
    w,
    u,
    h0,
    ...(c0 && { c0 }),
    ...(drop && { drop }),
    ...(lengths && { real: realSteps(lengths, T) }),
  };
}

/** 1 for the real steps, 0 past the end of a row: [T, B, 1]. */
function realSteps(lengths: Int32Array, T: number): tf.Tensor {
  const B = lengths.length;
  return tf.tensor(
    Float32Array.from({ length: T * B }, (_, i) => (Math.floor(i / B) < (lengths[i % B] as number) ? 1 : 0)),
    [T, B, 1],
  );
}
