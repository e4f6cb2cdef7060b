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
  const parts = partsOf(order, (index) => partOf.get(index));
  for (const [part, indices] of Object.entries(parts)) {
    if (indices.length > 0) continue;
    const share = part === 'train' ? undefined : shares[part as 'validation' | 'test'];
    const remedy =
      share === undefined ? 'give more data or smaller shares' : `with a share of ${share}, a class needs ${Math.ceil(0.5 / share)}`;
    throw new Error(`split: ${labels.length} samples of ${new Set(labels).size} classes leave none for ${part}; ${remedy}`);
  }
  return parts;
}

/**
 * Splits samples at random, with all samples of a group in the same part.
 * @param groups the group of each sample.
 * @param shares of validation and test, together below 1; training gets the rest.
 * @param permutation returns 0 .. n-1 in random order.
 * @throws if a part would be empty.
 */
export function groupedSplit(
  groups: readonly string[],
  shares: { validation: number; test: number },
  permutation: (n: number) => ArrayLike<number>,
): Split {
  const order = Array.from(permutation(groups.length));
  const sizes = new Map<string, number>();
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1);
  const wanted = { test: Math.round(groups.length * shares.test), validation: Math.round(groups.length * shares.validation) };
  const partOf = new Map<string, keyof Split>();
  for (const index of order) {
    const group = groups[index] as string;
    if (partOf.has(group)) continue;
    const part = (['test', 'validation'] as const).find((held) => wanted[held] > 0) ?? 'train';
    partOf.set(group, part);
    if (part !== 'train') wanted[part] -= sizes.get(group) as number;
  }
  const parts = partsOf(order, (index) => partOf.get(groups[index] as string));
  for (const [part, indices] of Object.entries(parts)) {
    if (indices.length > 0) continue;
    throw new Error(`split: ${groups.length} samples in ${sizes.size} groups leave none for ${part}; give more data or other shares`);
  }
  return parts;
}

function partsOf(order: readonly number[], partOf: (index: number) => keyof Split | undefined): Split {
  // In random order, never label by label: the order would leak the label to code that reads samples in turn, such as a tokenizer
  // that ranks rare words by first occurrence.
  const of = (part: keyof Split) => Int32Array.from(order.filter((index) => partOf(index) === part));
  return { train: of('train'), validation: of('validation'), test: of('test') };
}
