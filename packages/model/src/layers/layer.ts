import type { Tensor, Tensor2D, Tensor3D } from '@tensorflow/tfjs-core';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Random } from '../weights/random.ts';
import type { WeightSpec } from '../weights/weight.ts';

/** What flows between layers: ids int32 [B, T], a sequence float32 [B, T, features], or a vector float32 [B, features]. */
export type Shape = { kind: 'ids' } | { kind: 'sequence'; features: number } | { kind: 'vector'; features: number };

export interface Activations {
  values: Tensor;
  /** bool [B, T]: false marks a padded step. Absent when every step is real. */
  mask?: Tensor2D | undefined;
}

export interface LayerContext {
  /** Dropout and batch statistics are on. */
  training: boolean;
  /** A stream of the layer's own for a purpose, the same for the same seed, step and shard. */
  random(purpose: string): Random;
  /** Ask for the output after every step of the sequence, also from layers that would only give the last. */
  everyStep: boolean;
  /** The recurrent state to start from, empty for zeros. If it is given, the state after the last step is wanted. */
  state?: readonly Tensor2D[] | undefined;
  /** Added to the output of every step of a recurrent layer before the next one reads it: the gradient by it is dL/dh. */
  probe?: Tensor3D | undefined;
}

export interface LayerOutput extends Activations {
  /** The recurrent state after the last step, for layers that can go on from it. */
  state?: Tensor2D[];
  /** New values for weights that are not trainable, by local name. */
  updates?: Record<string, Tensor>;
}

/** A layer with its sizes settled. Weights are passed in by local name (`kernel`); a layer holds no tensors. */
export interface Layer {
  readonly output: Shape;
  readonly weights: readonly WeightSpec[];
  /** Whether output t depends on inputs up to t only, so that a growing sequence can be answered step by step. */
  readonly causal: boolean;
  /** Width of each tensor of the recurrent state, [B, width]; left out by layers without one. */
  readonly state?: readonly number[];
  apply(weights: Readonly<Record<string, Tensor>>, input: Activations, context: LayerContext): LayerOutput;
}

/** Options that every layer has. */
export const layerOptions = {
  name: v.optional(v.pipe(v.string(), v.regex(/^[\w-]+$/))),
};

const describeShape = (shape: Shape) =>
  shape.kind === 'ids'
    ? 'ids [batch, time]'
    : shape.kind === 'sequence'
      ? `a sequence [batch, time, ${shape.features}]`
      : `a vector [batch, ${shape.features}]`;

/** @throws an error that says what the layer expected and what it was given. */
export function expectShape<K extends Shape['kind']>(input: Shape, kinds: readonly K[]): Extract<Shape, { kind: K }> {
  if (!(kinds as readonly string[]).includes(input.kind)) {
    const expected = kinds.map((kind) => describeShape({ kind, features: 'n' } as never)).join(' or ');
    throw new Error(`expected ${expected}, got ${describeShape(input)}`);
  }
  return input as Extract<Shape, { kind: K }>;
}

/** Inverted dropout's mask: 0 with probability `rate`, else 1/(1-rate). */
export function dropoutMask(size: number, rate: number, random: Random): Float32Array {
  const keep = 1 / (1 - rate);
  return Float32Array.from({ length: size }, () => (random.uniform() < rate ? 0 : keep));
}

/** A probability below 1. */
export const dropoutRate = v.pipe(finite, v.minValue(0), v.ltValue(1));
