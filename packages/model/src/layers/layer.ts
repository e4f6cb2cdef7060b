import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Random } from '../weights/random.ts';
import type { WeightSpec } from '../weights/weight.ts';

/** The shapes between layers: ids int32 [B, T], a sequence float32 [B, T, features], or a vector float32 [B, features]. */
export type Shape = { kind: 'ids' } | { kind: 'sequence'; features: number } | { kind: 'vector'; features: number };

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
  /** The state to resume from; an empty list stands for zeros. With a state the layer also returns the state after the last step. */
  state?: readonly Tensor2D[] | undefined;
  /** [B, T, H], added to the output of each step of a recurrent layer before the next step reads it. Its gradient is dL/dh. */
  probe?: Tensor3D | undefined;
}

export interface LayerOutput extends Activations {
  /** The state after the last step, from layers that have one. */
  state?: Tensor2D[];
  /** New values of weights that are not trainable, by local name. */
  updates?: Record<string, Tensor>;
}

/** The most that one row of a batch costs in inference. */
export interface LayerCost {
  /** Of matrix products. */
  multiplyAdds: number;
  /** Floats in the tensors that the layer makes. Nothing is freed before the answer is read. */
  floats: number;
}

/** A layer of known sizes. The caller passes its weights by local name (`kernel`); a layer owns no tensors. */
export interface Layer {
  readonly output: Shape;
  readonly weights: readonly WeightSpec[];
  /** Whether output t depends on inputs 0..t only, so that every prefix of a sequence has an answer. */
  readonly causal: boolean;
  /**
   * Whether a sequence may come in pieces: the state after one piece, if the layer has any, is all it needs of the steps before.
   * True for a layer that treats each step by itself; false for one that reads backwards or looks back at earlier inputs.
   */
  readonly resumes: boolean;
  /** Width of each tensor of the state, [B, width]. Undefined for a layer without a state. */
  readonly state?: readonly number[];
  /** Steps of the output, if they are not those of the input. */
  readonly outputSteps?: number;
  /** What a row of `steps` steps costs when every step has an output. Call it after the backend has started. */
  cost(steps: number): LayerCost;
  apply(weights: Readonly<Record<string, Tensor>>, input: Activations, context: LayerContext): LayerOutput;
}

/** A cost that grows with the steps alone. */
export const costPerStep = ({ multiplyAdds = 0, floats }: { multiplyAdds?: number; floats: number }) => {
  return (steps: number): LayerCost => ({ multiplyAdds: steps * multiplyAdds, floats: steps * floats });
};

/** Options of every layer. */
export const layerOptions = {
  name: v.optional(v.pipe(v.string(), v.regex(/^[\w-]+$/))),
};

const describeShape = (shape: Shape) =>
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
