/** A classifier that only counts words: what a model must beat to be worth its weights. */
export interface NaiveBayes {
  /** The most probable class of a tokenized text. */
  classOf(tokens: readonly string[]): number;
  /** Size of its table as float32: a log-likelihood for each word and class, and a prior for each class. */
  readonly bytes: number;
}

/**
 * Multinomial naive Bayes with add-one smoothing (Manning, Raghavan & Schütze, 2008, chapter 13). Unknown words are skipped.
 * @param classes number of classes; labels are below it.
 */
export function fitNaiveBayes(texts: readonly { tokens: readonly string[]; label: number }[], classes: number): NaiveBayes {
  const counts = new Map<string, Float64Array>();
  const totals = new Float64Array(classes);
  const documents = new Float64Array(classes);
  for (const { tokens, label } of texts) {
    documents[label] = (documents[label] as number) + 1;
    for (const token of tokens) {
      const row = counts.get(token) ?? new Float64Array(classes);
      counts.set(token, row);
      row[label] = (row[label] as number) + 1;
      totals[label] = (totals[label] as number) + 1;
    }
  }
  const logLikelihood = (row: Float64Array, c: number) => Math.log(((row[c] as number) + 1) / ((totals[c] as number) + counts.size));
  return {
    bytes: (counts.size + 1) * classes * 4,
    classOf(tokens) {
      const rows = tokens.flatMap((token) => counts.get(token) ?? []);
      const scores = Array.from(documents, (count, c) =>
        rows.reduce((sum, row) => sum + logLikelihood(row, c), Math.log(count / texts.length)),
      );
      return scores.indexOf(Math.max(...scores));
    },
  };
}
