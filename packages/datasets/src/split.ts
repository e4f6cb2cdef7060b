/** Indices of the samples in each part. */
export interface Split {
  train: Int32Array;
  validation: Int32Array;
  test: Int32Array;
}

/**
 * Splits samples at random so that each part has every label in the same proportion (stratified).
 * @param shares of validation and test, together below 1; training gets the rest.
 * @param permutation returns 0 .. n-1 in random order.
 * @throws if a part would be empty.
 */
export function stratifiedSplit(
  labels: readonly number[],
  shares: { validation: number; test: number },
  permutation: (n: number) => ArrayLike<number>,
): Split {
  const order = Array.from(permutation(labels.length));
  const partOf = new Map<number, keyof Split>();
  for (const label of new Set(labels)) {
    const own = order.filter((index) => labels[index] === label);
    const test = Math.round(own.length * shares.test);
    const validation = Math.round(own.length * shares.validation);
    for (const [i, index] of own.entries()) partOf.set(index, i < test ? 'test' : i < test + validation ? 'validation' : 'train');
  }
  // In random order, never label by label: the order would leak the label to code that reads samples in turn, such as a tokenizer
  // that ranks rare words by first occurrence.
  const of = (part: keyof Split) => Int32Array.from(order.filter((index) => partOf.get(index) === part));
  const parts = { train: of('train'), validation: of('validation'), test: of('test') };
  for (const [part, indices] of Object.entries(parts)) {
    if (indices.length > 0) continue;
    const share = part === 'train' ? undefined : shares[part as 'validation' | 'test'];
    const remedy =
      share === undefined ? 'give more data or smaller shares' : `with a share of ${share}, a class needs ${Math.ceil(0.5 / share)}`;
    throw new Error(`split: ${labels.length} samples of ${new Set(labels).size} classes leave none for ${part}; ${remedy}`);
  }
  return parts;
}
