/** A text and the index of its label. */
export interface TextSample {
  text: string;
  label: number;
}

export interface TextDataset {
  name: string;
  /** Class names by index. */
  labels: readonly string[];
  samples: readonly TextSample[];
  /** Where it comes from and under which license. */
  source: string;
}

/** @throws an error that says why nothing can be learned from the data set: no samples, or one class only. */
export function checkDataset({ name, labels, samples }: TextDataset): void {
  if (samples.length === 0) throw new Error(`data set '${name}' is empty: there is nothing to learn from`);
  const present = new Set(samples.map(({ label }) => label));
  const bad = samples.find(({ label }) => labels[label] === undefined);
  if (bad)
    throw new Error(`data set '${name}': label ${bad.label} of "${bad.text.slice(0, 40)}" has no name; labels are ${labels.join(', ')}`);
  if (present.size < 2) {
    const [only] = present;
    throw new Error(`data set '${name}' holds one class only, '${labels[only as number]}': there is nothing to tell apart`);
  }
}
