/**
 * Sums gradients and updates parameters, one segment of the vectors at a time. Elements do not depend on each other, sums run in shard
 * order and norms in fixed blocks, so any number of workers gives the same bits.
 * No function reads its own output, so a segment that failed half-way can be computed again.
 */
import { constrain } from '@unroll/model/constraints.ts';
import type { Layout } from '@unroll/model/layout.ts';
import type { Optimizer } from '@unroll/model/optimizers.ts';
import type { DecayPart } from '@unroll/model/weight-decay.ts';

/** Floats per block. Each block has a partial norm, and segments are cut between blocks. */
export const BLOCK = 8192;

/** Floats [from, to) of a flat vector. */
export interface Segment {
  from: number;
  to: number;
}

/**
 * A vector of `length` floats as at most `parts` segments, cut between blocks.
 * @param whole ranges that no cut divides; a cut inside one moves to its end.
 */
export function cutIntoSegments(length: number, parts: number, whole: readonly Segment[] = []): Segment[] {
  const blocks = Math.ceil(length / BLOCK);
  const count = Math.min(parts, blocks);
  const edge = (i: number) => {
    const cut = Math.min(length, Math.floor((i * blocks) / count) * BLOCK);
    return whole.find(({ from, to }) => from < cut && cut < to)?.to ?? cut;
  };
  return Array.from({ length: count }, (_, i) => ({ from: edge(i), to: edge(i + 1) })).filter(({ from, to }) => from < to);
}

/** The weights that one job must update whole, because of their constraints. */
export const wholeWeights = ({ entries }: Layout): Segment[] =>
  entries.flatMap(({ offset, length, constraint }) => (constraint ? [{ from: offset, to: offset + length }] : []));

export interface SumInput {
  /** Added in their order. */
  slots: readonly Float32Array[];
  /** The sum of earlier batches, when gradients accumulate. */
  before?: Float32Array | undefined;
  /** Floats from this index on are not gradients and are not part of the norm. */
  trainableLength: number;
}

/** total[i] = before[i] + Σ slots[s][i] in order, and Σ total² of each block in float64. */
export function sumSegment(
  { slots, before, trainableLength }: SumInput,
  { total, squares }: { total: Float32Array; squares: Float64Array },
  { from, to }: Segment,
): void {
  const addends = before ? [before, ...slots] : slots;
  const [first, ...rest] = addends as [Float32Array, ...Float32Array[]];
  total.set(first.subarray(from, to), from);
  for (const slot of rest) for (let i = from; i < to; i++) total[i] = (total[i] as number) + (slot[i] as number);
  sumSquares(total, squares, { from, to }, trainableLength);
}

/** squares[b] = Σ total² over block b, in float64. The segment begins at a block's edge. */
export function sumSquares(total: Float32Array, squares: Float64Array, { from, to }: Segment, trainableLength: number): void {
  for (let block = from; block < to; block += BLOCK) {
    let sum = 0;
    const end = Math.min(block + BLOCK, to, trainableLength);
    for (let i = block; i < end; i++) sum += (total[i] as number) ** 2;
    squares[block / BLOCK] = sum;
  }
}

/** The vectors that one update reads or writes. */
export interface Buffers {
  readonly parameters: Float32Array;
  /** The optimizer's state arrays, each as long as the trainable parameters. */
  readonly state: readonly Float32Array[];
  /** The moving average of the parameters, if the recipe has one. */
  readonly ema?: Float32Array | undefined;
}

export interface UpdateOptions {
  optimizer: Optimizer;
  learningRate: number;
  /** Counted from 1. */
  step: number;
  /** The factor on the gradient: below 1 if its norm is clipped. */
  scale: number;
  /** Each element of the gradient is clipped to ± this. */
  clipValue?: number | undefined;
  emaDecay?: number | undefined;
  layout: Layout;
  /** Of `decayParts`. */
  decay: readonly DecayPart[];
}

/**
 * Clips, applies the optimizer and the constraints, copies weights that track the batches from the total and frozen ones from the input,
 * and moves the average.
 * @param segment of `cutIntoSegments` with `wholeWeights`.
 */
export function updateSegment(total: Float32Array, input: Buffers, output: Buffers, options: UpdateOptions, segment: Segment): void {
  const { layout, decay, emaDecay, step } = options;
  const { trainableLength, changingLength, length } = layout;
  for (const part of decay) {
    const own = within(segment, part.from, part.to);
    if (own) stepSegment(total, input, output, { ...options, keep: 1 - options.learningRate * part.weightDecay }, own);
  }
  for (const { constraint, trainable, offset, length, shape } of layout.entries) {
    const own = constraint && trainable && within(segment, offset, offset + length);
    if (own) constrain(output.parameters.subarray(own.from, own.to), shape, constraint);
  }
  const tracking = within(segment, trainableLength, changingLength);
  if (tracking) output.parameters.set(total.subarray(tracking.from, tracking.to), tracking.from);
  const frozen = within(segment, changingLength, length);
  if (frozen) output.parameters.set(input.parameters.subarray(frozen.from, frozen.to), frozen.from);

  const { ema } = output;
  if (!ema || !input.ema || emaDecay === undefined) return;
  // The average follows faster in the first steps, as in TensorFlow's ExponentialMovingAverage with num_updates.
  const rate = Math.min(emaDecay, (1 + step) / (10 + step));
  const { from, to } = segment;
  for (let i = from; i < Math.min(to, changingLength); i++) {
    ema[i] = rate * (input.ema[i] as number) + (1 - rate) * (output.parameters[i] as number);
  }
  if (frozen) ema.set(input.parameters.subarray(frozen.from, frozen.to), frozen.from);
}

/** The part of a segment between two places; undefined if it is empty. */
function within(segment: Segment, start: number, end: number): Segment | undefined {
  const [from, to] = [Math.max(segment.from, start), Math.min(segment.to, end)];
  return from < to ? { from, to } : undefined;
}

/** Clips the gradient and applies the optimizer. */
function stepSegment(
  total: Float32Array,
  input: Buffers,
  output: Buffers,
  { optimizer, scale, clipValue = Number.POSITIVE_INFINITY, learningRate, step, keep }: UpdateOptions & { keep: number },
  { from, to }: Segment,
): void {
  const part = (array: Float32Array) => array.subarray(from, to);
  let gradient = part(total);
  if (scale !== 1 || clipValue !== Number.POSITIVE_INFINITY) {
    gradient = gradient.map((value) => Math.max(-clipValue, Math.min(clipValue, value * scale)));
  }
  optimizer.update(
    { parameters: part(input.parameters), gradient, state: input.state.map(part) },
    { parameters: part(output.parameters), state: output.state.map(part) },
    { learningRate, step, keep },
  );
}
