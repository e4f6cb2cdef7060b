import * as v from 'valibot';
import type { Random } from './random.ts';

/** Keras' initializers by their TF.js names. `uniform` is Keras' RandomUniform(-0.05, 0.05), the default of embeddings; `standardNormal` is PyTorch's. */
export const initializerName = v.picklist([
  'zeros',
  'ones',
  'uniform',
  'glorotUniform',
  'glorotNormal',
  'heNormal',
  'standardNormal',
  'orthogonal',
]);
export type InitializerName = v.InferOutput<typeof initializerName>;

/** Fills a new weight of `shape` (row-major; the last axis is the output). */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array;

const sizeOf = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1);
const filled = (shape: readonly number[], next: () => number) => Float32Array.from({ length: sizeOf(shape) }, next);

/** Keras' fan-in and fan-out: the last two axes, each times the taps of a convolution, the axes before them. */
function fans(shape: readonly number[]): { fanIn: number; fanOut: number } {
  const fanOut = shape.at(-1) ?? 1;
  if (shape.length < 2) return { fanIn: fanOut, fanOut };
  return { fanIn: sizeOf(shape) / fanOut, fanOut: fanOut * sizeOf(shape.slice(0, -2)) };
}

/** Sources: Glorot & Bengio (2010), He et al. (2015), Saxe et al. (2014); variances as in keras.initializers. */
export const initializers: Record<InitializerName, Initializer> = {
  zeros: (shape) => new Float32Array(sizeOf(shape)),
  ones: (shape) => new Float32Array(sizeOf(shape)).fill(1),
  uniform: (shape, random) => filled(shape, () => (random.uniform() * 2 - 1) * 0.05),
  glorotUniform(shape, random) {
    const { fanIn, fanOut } = fans(shape);
    const limit = Math.sqrt(6 / (fanIn + fanOut));
    return filled(shape, () => (random.uniform() * 2 - 1) * limit);
  },
  standardNormal: (shape, random) => filled(shape, () => random.normal()),
  glorotNormal(shape, random) {
    const { fanIn, fanOut } = fans(shape);
    const deviation = Math.sqrt(2 / (fanIn + fanOut));
    return filled(shape, () => truncatedNormal(random) * deviation);
  },
  heNormal(shape, random) {
    const deviation = Math.sqrt(2 / fans(shape).fanIn);
    return filled(shape, () => truncatedNormal(random) * deviation);
  },
  orthogonal,
};

/** A normal number within two standard deviations, scaled to standard deviation 1, as in Keras' truncated normal initializers. */
function truncatedNormal(random: Random): number {
  for (;;) {
    const value = random.normal();
    if (Math.abs(value) <= 2) return value / 0.87962566103423978;
  }
}

/** A matrix with orthonormal rows or columns, whichever are fewer: modified Gram-Schmidt on a normal matrix, in float64. */
function orthogonal(shape: readonly number[], random: Random): Float32Array {
  const columns = shape.at(-1) ?? 1;
  const rows = sizeOf(shape) / columns;
  const count = Math.min(rows, columns);
  const length = Math.max(rows, columns);
  const basis: Float64Array[] = [];
  while (basis.length < count) {
    const vector = Float64Array.from({ length }, () => random.normal());
    for (const other of basis) {
      const projection = dot(vector, other);
      for (let i = 0; i < length; i++) vector[i] = (vector[i] as number) - projection * (other[i] as number);
    }
    const norm = Math.sqrt(dot(vector, vector));
    if (norm > 1e-6) basis.push(vector.map((value) => value / norm));
  }
  const at = (r: number, c: number) => (rows < columns ? basis[r]?.[c] : basis[c]?.[r]) as number;
  return Float32Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
