import type * as tf from '@tensorflow/tfjs-core';
import type { Layer, LayerCost, Shape } from './layers/layer.ts';
import { buildLayer } from './layers/registry.ts';
import type { ModelSpec } from './spec.ts';
import { createRandom } from './weights/random.ts';
import type { Params, WeightSpec } from './weights/weight.ts';

/** The state by layer name: tensors [B, width]. Of a recurrent layer it is h [B, H]; of an LSTM h and c. */
export type State = Record<string, tf.Tensor2D[]>;

export interface ApplyOptions {
  /** Names the random stream of dropout. Undefined means inference. */
  trainingKey?: readonly (number | string)[];
  /** bool [B, T], false at padded steps. For features only: ids mark padding by id 0 (maskZero). */
  mask?: tf.Tensor2D;
  /** Outputs after every step, [B, T, units]. Only a causal model gives them. */
  everyStep?: boolean;
  /** The state that an earlier call returned, or {} to start. Without it the call returns no state. */
  state?: State;
  /** Zeros [B, T, H] by the name of a recurrent layer. The gradient of the loss by them is dL/dh_t. Slow: steps run one by one. */
  probes?: Readonly<Record<string, tf.Tensor3D>>;
  /** Called with every layer's output, for diagnostics. */
  inspect?: (layerName: string, values: tf.Tensor) => void;
}

export interface ApplyResult {
  /** [B, units], or [B, T, units] for a sequence. */
  outputs: tf.Tensor;
  /** The state after the last step, if a state was given. */
  state: State;
  /** New values of weights that are not trainable, by full name. Empty outside training. */
  updates: Record<string, tf.Tensor>;
}

/** A model as data and pure functions. It owns no tensors. */
export interface Model {
  readonly spec: ModelSpec;
  readonly output: Shape;
  /** Trainable weights in layer order, then the others: the layout of the flat parameter vector. */
  readonly weights: readonly WeightSpec[];
  /** Whether output t depends on inputs 0..t only, so that every prefix has an answer. */
  readonly causal: boolean;
  /** Whether a sequence may come in pieces, each starting from the state after the one before. */
  readonly resumes: boolean;
  /** Widths of the state's tensors by layer name; {} for a model that cannot resume. */
  readonly stateWidths: Readonly<Record<string, readonly number[]>>;
  /** What a row of `steps` steps costs when every step has an output. Call it after the backend has started. */
  cost(steps: number): LayerCost;
  /** Initial weights by full name. The same seed gives the same bits. */
  init(seed: number): Record<string, Float32Array>;
  /**
   * inputs: ids int32 [B, T] or features float32 [B, T, D]. Call inside tf.tidy or a gradient function.
   * @throws if a weight is missing or the inputs are of another shape than the spec's.
   */
  apply(params: Params, inputs: tf.Tensor, options?: ApplyOptions): ApplyResult;
}

/**
 * Builds the model of a spec.
 * @throws an error that names the layer, the input it expects and the input it got.
 */
export function createModel(spec: ModelSpec): Model {
  const layers = nameLayers(spec);
  let shape: Shape = spec.input.type === 'tokens' ? { kind: 'ids' } : { kind: 'sequence', features: spec.input.features };
  const built: { name: string; layer: Layer }[] = [];
  for (const [index, { name, layerSpec }] of layers.entries()) {
    try {
      const layer = buildLayer(layerSpec, shape);
      built.push({ name, layer });
      shape = layer.output;
    } catch (error) {
      throw new Error(`model spec: layer ${index} '${name}': ${(error as Error).message}`, { cause: error });
    }
  }

  const all = built.flatMap(({ name, layer }) => layer.weights.map((weight) => ({ ...weight, name: `${name}/${weight.name}` })));
  const weights = [...all.filter(({ trainable }) => trainable), ...all.filter(({ trainable }) => !trainable)];
  const causal = built.every(({ layer }) => layer.causal);
  const resumes = built.every(({ layer }) => layer.resumes);

  return {
    spec,
    output: shape,
    weights,
    causal,
    resumes,
    cost(steps) {
      let layerSteps = steps;
      const costs = built.map(({ layer }) => {
        const cost = layer.cost(layerSteps);
        layerSteps = layer.outputSteps ?? layerSteps;
        return cost;
      });
      const total = (of: keyof LayerCost) => costs.reduce((sum, cost) => sum + cost[of], 0);
      return { multiplyAdds: total('multiplyAdds'), floats: total('floats') };
    },
    stateWidths: Object.fromEntries(resumes ? built.flatMap(({ name, layer }) => (layer.state ? [[name, layer.state]] : [])) : []),
    init(seed) {
      const values = weights.map(({ name, shape, initializer }) => [name, initializer(shape, createRandom(seed, 'init', name))]);
      return Object.fromEntries(values) as Record<string, Float32Array>;
    },
    apply(params, inputs, { trainingKey, mask, everyStep = false, state, probes, inspect } = {}) {
      checkInputs(inputs, spec);
      if (everyStep && !causal) throw new Error('model: everyStep needs a causal model; this one needs the whole input before it answers');
      if (state && !resumes) throw new Error('model: cannot resume from a state; a layer needs the whole input at once');
      let activations: { values: tf.Tensor; mask?: tf.Tensor2D | undefined } = { values: inputs, mask };
      const nextState: State = {};
      const updates: Record<string, tf.Tensor> = {};
      for (const { name, layer } of built) {
        const output = layer.apply(ownWeights(params, name, layer), activations, {
          training: trainingKey !== undefined,
          random: (purpose) => createRandom(...(trainingKey ?? []), name, purpose),
          everyStep,
          state: state && (state[name] ?? []),
          probe: probes?.[name],
        });
        activations = { values: output.values, mask: output.mask };
        if (output.state) nextState[name] = output.state;
        for (const [local, value] of Object.entries(output.updates ?? {})) updates[`${name}/${local}`] = value;
        inspect?.(name, output.values);
      }
      return { outputs: activations.values, state: nextState, updates };
    },
  };
}

/** Layers with their names. A layer without one is named by its type and count: gru_0, gru_1. */
function nameLayers(spec: ModelSpec) {
  const counts = new Map<string, number>();
  const named = spec.layers.map((layerSpec) => {
    const count = counts.get(layerSpec.type) ?? 0;
    counts.set(layerSpec.type, count + 1);
    return { name: layerSpec.name ?? `${layerSpec.type}_${count}`, layerSpec };
  });
  const names = named.map(({ name }) => name);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice) throw new Error(`model spec: two layers are named '${twice}'; rename one`);
  return named;
}

function ownWeights(params: Params, layerName: string, layer: Layer): Record<string, tf.Tensor> {
  const own: Record<string, tf.Tensor> = {};
  for (const { name } of layer.weights) {
    const tensor = params[`${layerName}/${name}`];
    if (!tensor) throw new Error(`model: weight '${layerName}/${name}' is missing from the parameters`);
    own[name] = tensor;
  }
  return own;
}

function checkInputs(inputs: tf.Tensor, { input }: ModelSpec): void {
  const ok =
    input.type === 'tokens'
      ? inputs.dtype === 'int32' && inputs.rank === 2
      : inputs.dtype === 'float32' && inputs.rank === 3 && inputs.shape[2] === input.features;
  if (ok) return;
  const expected = input.type === 'tokens' ? 'int32 [batch, time]' : `float32 [batch, time, ${input.features}]`;
  throw new Error(`model: expected inputs ${expected}, got ${inputs.dtype} [${inputs.shape}]`);
}
