import { gramsOf, type RivalClassifier, type RivalText } from './rival-text.ts';

/**
 * Multinomial naive Bayes on words and pairs of words, with add-one smoothing (Manning, Raghavan & Schütze, 2008, chapter 13). A text
 * with probabilities counts as that much of each class. Unknown words are skipped.
 */
export function fitNaiveBayes(texts: readonly RivalText[], classes: number): RivalClassifier {
  const counts = new Map<string, Float64Array>();
  const totals = new Float64Array(classes);
  const documents = new Float64Array(classes);
  for (const { tokens, probabilities, weight } of texts) {
    const shares = probabilities.map((probability) => probability * weight);
    add(documents, shares);
    for (const gram of gramsOf(tokens)) {
      const row = counts.get(gram) ?? new Float64Array(classes);
      counts.set(gram, row);
      add(row, shares);
      add(totals, shares);
    }
  }
  const priors = documents.map((count) => Math.log(count));
  const logLikelihood = (row: Float64Array, c: number) => Math.log(((row[c] as number) + 1) / ((totals[c] as number) + counts.size));
  return {
    // One log-likelihood per gram and class, and one prior per class.
    bytes: (counts.size + 1) * classes * 4,
    classOf(tokens) {
      const rows = gramsOf(tokens).flatMap((gram) => counts.get(gram) ?? []);
      const scores = Array.from(priors, (prior, c) => rows.reduce((sum, row) => sum + logLikelihood(row, c), prior));
      return scores.indexOf(Math.max(...scores));
    },
  };
}

function add(into: Float64Array, values: readonly number[]): void {
  for (const [i, value] of values.entries()) into[i] = (into[i] as number) + value;
}
