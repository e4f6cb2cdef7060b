/** The entries of a row that are not 0. */
export interface SparseRow {
  features: Int32Array;
  values: Float64Array;
}

export interface TfIdf {
  /** Number of features. */
  readonly size: number;
  /** A text's terms as a row of Euclidean length 1. Unknown terms are skipped. */
  rowOf(terms: readonly string[]): SparseRow;
}

/**
 * Each term's (1 + ln count) · idf, with idf = ln((1 + texts) / (1 + texts with the term)) + 1, scaled to length 1, as in scikit-learn's
 * TfidfVectorizer with sublinear_tf.
 */
export function createTfIdf(texts: readonly (readonly string[])[]): TfIdf {
  const found = new Map<string, number>();
  for (const terms of texts) for (const term of new Set(terms)) found.set(term, (found.get(term) ?? 0) + 1);
  const index = new Map([...found.keys()].map((term, i) => [term, i]));
  const idf = Float64Array.from(found.values(), (count) => Math.log((1 + texts.length) / (1 + count)) + 1);
  return {
    size: index.size,
    rowOf(terms) {
      const counts = new Map<number, number>();
      for (const term of terms) {
        const feature = index.get(term);
        if (feature !== undefined) counts.set(feature, (counts.get(feature) ?? 0) + 1);
      }
      const values = Float64Array.from(counts, ([feature, count]) => (1 + Math.log(count)) * (idf[feature] as number));
      const length = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)) || 1;
      return { features: Int32Array.from(counts.keys()), values: values.map((value) => value / length) };
    },
  };
}
