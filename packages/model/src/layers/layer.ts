import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Random } from '../weights/random.ts';
import type { WeightSpec } from '../weights/weight.ts';

/**
 * The shapes between layers: ids int32 [B, T], a sequence float32 [B, T, features], or a vector float32 [B, features]. `steps` is T
 * if it is the same for every batch.
 */
export type Shape =
  | { kind: 'ids'; steps?: number | undefined }
  | { kind: 'sequence'; features: number; steps?: number | undefined }
  | { kind: 'vector'; features: number };

export interface Activations {
  values: Tensor;
  /** bool [B, T]: false marks a padded step. Undefined if every step is real. */
  mask?: Tensor2D | undefined;
}

export interface LayerContext {
  /** Whether dropout and batch statistics are on. */
  training: boolean;
  /** The layer's own random stream for a purpose. The same seed, step and shard give the same numbers. */
  random(purpose: string): Random;
  /** Whether the layer gives its output after every step, even if its spec asks for the last one alone. */
  everyStep: boolean;
  /** The state to resume from; an empty list stands for the start. With a state the layer also returns the state after the last step. */
  state?: readonly Tensor2D[] | undefined;
  /** The state at the start, of the widths of `finalState`; zeros if undefined. */
  initialState?: readonly Tensor2D[] | undefined;
  /** Another layer starts from this layer's final state, so it returns its state. */
  givesState: boolean;
  /** [B, T, H], added to the output of each step of a recurrent layer before the next step reads it. Its gradient is dL/dh. */
  probe?: Tensor3D | undefined;
}

export interface LayerOutput extends Activations {
  /** The state after the last step, from layers that have one. */
  state?: Tensor2D[];
  /** New values of weights that are not trainable, by local name. */
  updates?: Record<string, Tensor>;
  /** How much each step of a query attends to each step of a value: [B, Tq, Tv], or of each head [B, heads, Tq, Tv]. */
  attention?: Tensor3D | Tensor4D;
}

/** The most that one row of a batch costs in inference. */
export interface LayerCost {
  /** Of matrix products. */
  multiplyAdds: number;
  /** Floats in the tensors that the layer makes. Nothing is freed before the answer is read. */
  floats: number;
}

/** What a layer says of itself. */
interface LayerFacts {
  readonly output: Shape;
  readonly weights: readonly WeightSpec[];
  /** Weights of other layers that it reads: the full name by the name under which `apply` gets it. */
  readonly borrows?: Readonly<Record<string, string>>;
  /** Width of each tensor of the state, [B, width]. Undefined for a layer without a state. */
  readonly state?: readonly number[];
  /** Widths of the state after the last step, from which another layer may start. A layer that has one may itself start from such a state. */
  readonly finalState?: readonly number[];
}

/** A layer of known sizes that reads one input. The caller passes its weights by local name (`kernel`); a layer owns no tensors. */
export interface Layer extends LayerFacts {
  /** Whether output t depends on inputs 0..t only, so that every prefix of a sequence has an answer. */
  readonly causal: boolean;
  /**
   * Whether a sequence may come in pieces: the state after one piece, if the layer has any, is all it needs of the steps before.
   * True for a layer that treats each step by itself; false for one that reads backwards or looks back at earlier inputs.
   */
  readonly resumes: boolean;
  /** Steps of the output for that many steps of the input. Undefined if they are the same. */
  outputSteps?(steps: number): number;
  /** What a row of `steps` steps costs when every step has an output. Call it after the backend has started. */
  cost(steps: number): LayerCost;
  apply(weights: Readonly<Record<string, Tensor>>, input: Activations, context: LayerContext): LayerOutput;
}

/** A layer that reads several inputs: as Layer, with a fact for each input. */
export interface MergingLayer extends LayerFacts {
  readonly causal: readonly boolean[];
  readonly resumes: readonly boolean[];
  outputSteps?(steps: readonly number[]): number;
  cost(steps: readonly number[]): LayerCost;
  merge(weights: Readonly<Record<string, Tensor>>, inputs: readonly Activations[], context: LayerContext): LayerOutput;
}

/** A cost that grows with the steps alone. */
export const costPerStep = ({ multiplyAdds = 0, floats }: { multiplyAdds?: number; floats: number }) => {
  return (steps: number): LayerCost => ({ multiplyAdds: steps * multiplyAdds, floats: steps * floats });
};

/** The name of a layer or an input. */
export const layerName = v.pipe(v.string(), v.regex(/^[\w-]+$/));

/** Options of every layer. */
export const layerOptions = {
  name: v.optional(layerName),
  /** The inputs or layers that it reads. Without it: the layer before, or the model's input. */
  from: v.exactOptional(v.union([layerName, v.pipe(v.array(layerName), v.minLength(1))])),
  /** false: training does not change the layer's weights. */
  trainable: v.optional(v.boolean()),
};

/** An option of layers with a state: the layer whose final state is the initial one, or the layers whose vectors are its tensors (h, c). */
export const initialState = v.exactOptional(v.union([layerName, v.pipe(v.array(layerName), v.minLength(1))]));

export const describeShape = (shape: Shape) =>
  shape.kind === 'ids'
    ? 'ids [batch, time]'
    : shape.kind === 'sequence'
      ? `a sequence [batch, time, ${shape.features}]`
      : `a vector [batch, ${shape.features}]`;

/** The input's shape, if it is of one of these kinds. @throws an error that names the shapes the layer expects, and the shape it got. */
export function expectShape<K extends Shape['kind']>(input: Shape, kinds: readonly K[]): Extract<Shape, { kind: K }> {
  if (!(kinds as readonly string[]).includes(input.kind)) {
    const expected = kinds.map((kind) => describeShape({ kind, features: 'n' } as never)).join(' or ');
    throw new Error(`expected ${expected}, got ${describeShape(input)}`);
  }
  return input as Extract<Shape, { kind: K }>;
}

/** The mask of inverted dropout: 0 with probability `rate`, else 1/(1-rate). */
export function dropoutMask(size: number, rate: number, random: Random): Float32Array {
  const keep = 1 / (1 - rate);
  return Float32Array.from({ length: size }, () => (random.uniform() < rate ? 0 : keep));
}

/** A probability below 1. */
export const dropoutRate = v.pipe(finite, v.minValue(0), v.ltValue(1));
