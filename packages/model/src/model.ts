import * as tf from '@tensorflow/tfjs-core';
import { buildGraph, type Node } from './graph/graph.ts';
import { type Steps, stepsOfLayers } from './graph/steps.ts';
import { streamingOf } from './graph/streaming.ts';
import type { Activations, LayerCost, LayerOutput, Shape } from './layers/layer.ts';
import { featuresOf, type InputSpec, inputsOf, type ModelSpec, shapeOf } from './spec.ts';
import { taskWeights } from './tasks/registry.ts';
import { createRandom } from './weights/random.ts';
import { frozen, type Params, type WeightSpec } from './weights/weight.ts';

/** The state by layer name: tensors [B, width]. Of a recurrent layer it is h [B, H]; of an LSTM h and c. */
export type State = Record<string, tf.Tensor2D[]>;

/** What layers of streamed inputs read: inputs that are not streamed, and outputs of layers that do not depend on streamed ones. By name. */
export type Encoded = Readonly<Record<string, LayerOutput>>;

/** One input, ids int32 [B, T] or features float32 [B, T, D]; or each input by its name, with its mask. */
export type ModelInputs = tf.Tensor | Readonly<Record<string, Activations>>;

export interface ApplyOptions {
  /** Names the random stream of dropout. Undefined means inference. */
  trainingKey?: readonly (number | string)[];
  /** Of a single input: bool [B, T], false at padded steps. For features only: ids mark padding by id 0 (maskZero). */
  mask?: tf.Tensor2D;
  /** Outputs after every step of the streamed inputs, [B, T, units]. Only a causal model gives them. */
  everyStep?: boolean;
  /** The state that an earlier call returned, or {} to start. Without it the call returns no state. */
  state?: State;
  /** What `encode` returned. Then only streamed inputs are needed. */
  encoded?: Encoded;
  /** Zeros [B, T, H] by the name of a recurrent layer. The gradient of the loss by them is dL/dh_t. Slow: steps run one by one. */
  probes?: Readonly<Record<string, tf.Tensor3D>>;
  /** Called with every layer's output, for diagnostics. */
  inspect?: (layerName: string, values: tf.Tensor) => void;
  /** Called with the weights of every attention layer: [B, Tq, Tv], or of each head [B, heads, Tq, Tv]. */
  inspectAttention?: (layerName: string, weights: tf.Tensor3D | tf.Tensor4D) => void;
}

export interface ApplyResult {
  /** [B, units], or [B, T, units] for a sequence. Several outputs are side by side, in the order of `model.outputs`. */
  outputs: tf.Tensor;
  /** bool [B, T], false at padded steps of a sequence. Undefined if every step is real. */
  mask?: tf.Tensor2D | undefined;
  /** The state after the last step, if a state was given. */
  state: State;
  /** New values of weights that are not trainable, by full name. Empty outside training. */
  updates: Record<string, tf.Tensor>;
}

/** A model as data and pure functions. It owns no tensors. */
export interface Model {
  readonly spec: ModelSpec;
  /** What it reads, by name; 'input' if there is only one without a name. */
  readonly inputs: Readonly<Record<string, InputSpec>>;
  /** All outputs side by side. */
  readonly output: Shape;
  /** Units of each output, by the name of its layer. */
  readonly outputs: readonly { layer: string; units: number }[];
  /** Trainable weights in layer order, then those that track the batches, then frozen ones: the layout of the flat parameter vector. */
  readonly weights: readonly WeightSpec[];
  /** Inputs of which output t depends on steps 0..t only, so that they may be read step by step. */
  readonly streamed: readonly string[];
  /** Whether there is such an input, so that every prefix of it has an answer. */
  readonly causal: boolean;
  /** Whether streamed inputs may come in pieces, each starting from the state after the one before. */
  readonly resumes: boolean;
  /** Why it is not causal, or does not resume: the layer in the way. */
  readonly notCausal?: string;
  readonly notResumable?: string;
  /** Widths of the state's tensors by layer name; {} for a model that cannot resume. */
  readonly stateWidths: Readonly<Record<string, readonly number[]>>;
  /** The steps that each layer reads of its first input, for inputs of so many steps. */
  stepsRead(steps: Steps): Readonly<Record<string, number>>;
  /** The steps of the output, for inputs of so many steps. 1 for a vector. */
  outputSteps(steps: Steps): number;
  /** What a row costs when every step has an output, for inputs of so many steps. Call it after the backend has started. */
  cost(steps: Steps): LayerCost;
  /** Initial weights by full name. The same seed gives the same bits. */
  init(seed: number): Record<string, Float32Array>;
  /** Computes what does not depend on streamed inputs, once for all their steps. Call inside tf.tidy or a gradient function. */
  encode(params: Params, inputs: Readonly<Record<string, Activations>>): Encoded;
  /**
   * Call inside tf.tidy or a gradient function.
   * @throws if a weight is missing or the inputs are of another shape than the spec's.
   */
  apply(params: Params, inputs: ModelInputs, options?: ApplyOptions): ApplyResult;
}

/**
 * Builds the model of a spec.
 * @throws an error that names the layer, the input it expects and the input it got.
 */
export function createModel(spec: ModelSpec): Model {
  const inputs = inputsOf(spec);
  const names = Object.keys(inputs);
  const shapes = Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, shapeOf(input)]));
  const read = spec.outputs && Object.values(spec.outputs).map(({ from }) => from);
  const graph = buildGraph({ inputs: shapes, layers: spec.layers, outputs: read });
  const streaming = streamingOf(graph, names);
  const resumes = streaming.notResumable === undefined;
  /** What layers read that run again for each piece of the streamed inputs, and what is an output itself. */
  const readByStreams = new Set([
    ...graph.nodes.flatMap(({ name, from, initialState }) => (streaming.layers.has(name) ? [...from, ...initialState] : [])),
    ...graph.outputs.map(({ name }) => name),
  ]);
  const startsOthers = new Set(graph.nodes.flatMap(({ initialState }) => initialState));

  const all = graph.nodes.flatMap(({ name, layer, reuses }, index) => {
    const rules = spec.layers[index]?.trainable === false && frozen;
    return reuses ? [] : layer.weights.map((weight) => ({ ...weight, name: `${name}/${weight.name}`, ...rules }));
  });
  const place = ({ trainable, frozen }: WeightSpec) => (trainable ? 0 : frozen ? 2 : 1);
  const weights = [...all, ...taskWeights(spec)].toSorted((a, b) => place(a) - place(b));

  /** Runs layers and adds their results. */
  function run(
    nodes: readonly Node[],
    results: Map<string, LayerOutput>,
    params: Params,
    { trainingKey, everyStep = false, state, probes, inspect, inspectAttention }: ApplyOptions,
  ) {
    for (const { name, layer, from, initialState, weightNames } of nodes) {
      const streams = streaming.layers.has(name);
      const activations = from.map((other) => results.get(other) as LayerOutput);
      const context = {
        training: trainingKey !== undefined,
        random: (purpose: string) => createRandom(...(trainingKey ?? []), name, purpose),
        everyStep: everyStep && streams,
        state: streams && state ? (state[name] ?? []) : undefined,
        initialState: initialState.length ? initialState.flatMap((other) => stateFrom(results.get(other) as LayerOutput)) : undefined,
        givesState: startsOthers.has(name),
        probe: probes?.[name],
      };
      const own = weightsOf(params, weightNames);
      const output = 'merge' in layer ? layer.merge(own, activations, context) : layer.apply(own, activations[0] as Activations, context);
      results.set(name, output);
      inspect?.(name, output.values);
      if (output.attention) inspectAttention?.(name, output.attention);
    }
  }

  return {
    spec,
    inputs,
    output: outputShape(graph.outputs),
    outputs: graph.outputs.map(({ name, layer: { output } }) => ({ layer: name, units: output.kind === 'ids' ? 1 : output.features })),
    weights,
    streamed: streaming.inputs,
    causal: streaming.inputs.length > 0,
    resumes,
    ...(streaming.notCausal !== undefined && { notCausal: streaming.notCausal }),
    ...(streaming.notResumable !== undefined && { notResumable: streaming.notResumable }),
    stateWidths: Object.fromEntries(
      graph.nodes.flatMap(({ name, layer }) => (resumes && streaming.layers.has(name) && layer.state ? [[name, layer.state]] : [])),
    ),
    stepsRead: (steps) => Object.fromEntries(stepsOfLayers(graph, names, steps).map(({ name, read: [first = 1] }) => [name, first])),
    outputSteps(steps) {
      if (outputShape(graph.outputs).kind === 'vector') return 1;
      return stepsOfLayers(graph, names, steps).find(({ name }) => name === graph.outputs[0]?.name)?.gives ?? 1;
    },
    cost(steps) {
      const total = { multiplyAdds: 0, floats: 0 };
      for (const { layer, read } of stepsOfLayers(graph, names, steps)) {
        const { multiplyAdds, floats } = 'merge' in layer ? layer.cost(read) : layer.cost(read[0] as number);
        total.multiplyAdds += multiplyAdds;
        total.floats += floats;
      }
      return total;
    },
    init(seed) {
      const values = weights.map(({ name, shape, initializer }) => [name, initializer(shape, createRandom(seed, 'init', name))]);
      return Object.fromEntries(values) as Record<string, Float32Array>;
    },
    encode(params, given) {
      const results = new Map<string, LayerOutput>(Object.entries(given));
      const once = graph.order.filter(({ name }) => !streaming.layers.has(name));
      for (const [name, input] of Object.entries(inputs)) if (!streaming.inputs.includes(name)) checkInput(name, input, given[name], names);
      run(once, results, params, {});
      return Object.fromEntries([...results].filter(([name]) => readByStreams.has(name) && !streaming.inputs.includes(name)));
    },
    apply(params, given, options = {}) {
      const { mask, everyStep = false, state, encoded } = options;
      if (everyStep && streaming.notCausal) throw new Error(`model: everyStep needs a causal model; ${streaming.notCausal}`);
      if (state && streaming.notResumable) throw new Error(`model: cannot resume from a state; ${streaming.notResumable}`);
      const activations = isTensor(given) ? { [names[0] as string]: { values: given, mask } } : given;
      const needed = encoded ? streaming.inputs : names;
      for (const name of needed) checkInput(name, inputs[name] as InputSpec, activations[name], names);
      const results = new Map<string, LayerOutput>([...Object.entries(activations), ...Object.entries(encoded ?? {})]);
      const running = graph.order.filter(({ name }) => !encoded || streaming.layers.has(name));
      run(running, results, params, options);

      const nextState: State = {};
      const updates: Record<string, tf.Tensor> = {};
      for (const { name } of running) {
        const result = results.get(name) as LayerOutput;
        if (state && streaming.layers.has(name) && result.state) nextState[name] = result.state;
        for (const [local, value] of Object.entries(result.updates ?? {})) updates[`${name}/${local}`] = value;
      }
      const outputs = graph.outputs.map(({ name }) => results.get(name) as LayerOutput);
      const [first] = outputs as [LayerOutput];
      const values =
        outputs.length === 1
          ? first.values
          : tf.concat(
              outputs.map((output) => output.values),
              -1,
            );
      return { outputs: values, mask: first.mask, state: nextState, updates };
    },
  };
}

const isTensor = (given: ModelInputs): given is tf.Tensor => given instanceof tf.Tensor;

/** What a layer gives to the initial state of another one: its final state, or its vector. */
const stateFrom = ({ state, values }: LayerOutput): tf.Tensor2D[] => state ?? [values as tf.Tensor2D];

/** The outputs side by side. @throws if they are not of one kind. */
function outputShape(outputs: readonly Node[]): Shape {
  const shapes = outputs.map(({ layer }) => layer.output);
  const [first] = shapes as [Shape];
  if (shapes.length === 1) return first;
  if (first.kind === 'ids' || shapes.some(({ kind }) => kind !== first.kind)) {
    throw new Error('model spec: outputs: expected sequences only or vectors only, so that they can be side by side');
  }
  return { ...first, features: shapes.reduce((sum, shape) => sum + (shape.kind === 'ids' ? 0 : shape.features), 0) };
}

function weightsOf(params: Params, names: Readonly<Record<string, string>>): Record<string, tf.Tensor> {
  const own: Record<string, tf.Tensor> = {};
  for (const [local, name] of Object.entries(names)) {
    const tensor = params[name];
    if (!tensor) throw new Error(`model: weight '${name}' is missing from the parameters`);
    own[local] = tensor;
  }
  return own;
}

function checkInput(name: string, input: InputSpec, given: Activations | undefined, names: readonly string[]): void {
  const which = names.length > 1 ? `input '${name}': ` : '';
  if (!given) throw new Error(`model: ${which}it is missing`);
  const { dtype, rank, shape } = given.values;
  const features = featuresOf(input);
  const ok = features === 0 ? dtype === 'int32' && rank === 2 : dtype === 'float32' && rank === 3 && shape[2] === features;
  if (ok) return;
  const expected = features === 0 ? 'int32 [batch, time]' : `float32 [batch, time, ${features}]`;
  throw new Error(`model: ${which}expected inputs ${expected}, got ${dtype} [${shape}]`);
}
