import * as tf from '@tensorflow/tfjs-core';
import type { Params, WeightSpec } from './weight.ts';

type Entry = Pick<WeightSpec, 'name' | 'shape' | 'trainable' | 'frozen' | 'regularizer' | 'constraint'> & {
  offset: number;
  length: number;
};

/** The place of each weight in the flat parameter vector, in the order of `model.weights`. */
export interface Layout {
  readonly entries: readonly Entry[];
  /** Floats in the vector. */
  readonly length: number;
  /** Floats that an optimizer updates. They come first. */
  readonly trainableLength: number;
  /** Floats that a step may change: the trainable ones, then those that track the batches. The rest is frozen. */
  readonly changingLength: number;
}

/** A layout with the weights end to end. */
export function layoutOf(weights: readonly WeightSpec[]): Layout {
  let length = 0;
  const entries = weights.map(({ initializer: _, int8: __, ...weight }): Entry => {
    const entry = { ...weight, offset: length, length: tf.util.sizeFromShape(weight.shape) };
    length += entry.length;
    return entry;
  });
  const lengthOf = (chosen: readonly Entry[]) => chosen.reduce((sum, entry) => sum + entry.length, 0);
  return {
    entries,
    length,
    trainableLength: lengthOf(entries.filter(({ trainable }) => trainable)),
    changingLength: lengthOf(entries.filter(({ frozen }) => !frozen)),
  };
}

/** Copies named arrays into one vector. @throws if one is missing or of another length. */
export function flatten(layout: Layout, arrays: Readonly<Record<string, Float32Array>>, into: Float32Array): void {
  for (const { name, offset, length, shape } of layout.entries) {
    const values = arrays[name];
    if (values?.length !== length) {
      throw new Error(`weights: expected ${length} floats [${shape}] for '${name}', got ${values ? values.length : 'none'}`);
    }
    into.set(values, offset);
  }
}

/** Views into the vector by weight name; writing to one writes to the vector. */
export function views(layout: Layout, vector: Float32Array): Record<string, Float32Array> {
  return Object.fromEntries(layout.entries.map(({ name, offset, length }) => [name, vector.subarray(offset, offset + length)]));
}

/** Tensors with copies of the vector's values. The caller disposes them. */
export function toTensors(layout: Layout, vector: Float32Array): Params {
  return Object.fromEntries(
    // slice copies: tfjs cannot read shared memory.
    layout.entries.map(({ name, shape, offset, length }) => [name, tf.tensor(vector.slice(offset, offset + length), shape)]),
  );
}
