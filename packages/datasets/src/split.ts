/** Indices of the samples in each part. */
export interface Split {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
}

/**
 * Shares samples out at random so that each part has every label in the same proportion (stratified).
 * @param shares of validation and test, together below 1; training gets the rest.
 * @param permutation gives 0 .. n-1 in random order.
 * @throws if a part would be empty.
 */
export function stratifiedSplit(
  labels: readonly number[],
  shares: { validation: number; test: number },
  permutation: (n: number) => ArrayLike<number>,
): Split {
  const order = Array.from(permutation(labels.length));
  const parts = { train: [] as number[], validation: [] as number[], test: [] as number[] };
  for (const label of [...new Set(labels)].sort((a, b) => a - b)) {
    const own = order.filter((index) => labels[index] === label);
    const test = Math.round(own.length * shares.test);
    const validation = Math.round(own.length * shares.validation);
    parts.test.push(...own.slice(0, test));
    parts.validation.push(...own.slice(test, test + validation));
    parts.train.push(...own.slice(test + validation));
  }
  for (const [part, indices] of Object.entries(parts)) {
    if (indices.length === 0) throw new Error(`split: ${labels.length} samples leave none for ${part}; give more data or other shares`);
  }
  return {
    train: Int32Array.from(parts.train),
    validation: Int32Array.from(parts.validation),
    test: Int32Array.from(parts.test),
  };
}
