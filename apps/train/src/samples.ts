/** Encoded samples in shared memory: written once, read by every worker. Sample i's ids are tokens[offsets[i] .. offsets[i+1]). */
export interface Samples {
  readonly tokens: Int32Array;
  readonly offsets: Int32Array;
  /** targetWidth floats a sample. */
  readonly targets: Float32Array;
  readonly targetWidth: number;
}

/** Copies token ids (each cut to `maxLength`) and targets to shared memory. */
export function shareSamples(
  sequences: readonly (readonly number[])[],
  targets: readonly (readonly number[])[],
  maxLength: number,
): Samples {
  const lengths = sequences.map(({ length }) => Math.min(length, maxLength));
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const targetWidth = targets[0]?.length ?? 1;
  const tokens = new Int32Array(new SharedArrayBuffer(total * 4));
  const offsets = new Int32Array(new SharedArrayBuffer((sequences.length + 1) * 4));
  const flatTargets = new Float32Array(new SharedArrayBuffer(sequences.length * targetWidth * 4));
  for (const [i, sequence] of sequences.entries()) {
    const start = offsets[i] as number;
    tokens.set(sequence.slice(0, maxLength), start);
    offsets[i + 1] = start + (lengths[i] as number);
    flatTargets.set(targets[i] as readonly number[], i * targetWidth);
  }
  return { tokens, offsets, targets: flatTargets, targetWidth };
}

/** A view of one sample's ids. */
export function sequenceOf({ tokens, offsets }: Samples, sample: number): Int32Array {
  return tokens.subarray(offsets[sample], offsets[sample + 1]);
}

/** A view of one sample's target. */
export function targetOf({ targets, targetWidth }: Samples, sample: number): Float32Array {
  return targets.subarray(sample * targetWidth, (sample + 1) * targetWidth);
}
