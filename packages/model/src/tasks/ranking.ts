/** Measures of how scores rank the rows of two classes, exact with ties. */

/** A row's score, and whether it is of the positive class. */
export interface Ranked {
  score: number;
  positive: boolean;
}

/**
 * The area under the ROC curve: the probability that a positive row has a higher score than a negative one; a tie counts half
 * (Mann & Whitney, 1947). NaN without rows of both classes. As sklearn.metrics.roc_auc_score.
 */
export function areaUnderRoc(rows: readonly Ranked[]): number {
  let [negatives, positives, above] = [0, 0, 0];
  for (const { positive, negative } of tiesOf(rows).reverse()) {
    above += positive * (negatives + negative / 2);
    negatives += negative;
    positives += positive;
  }
  return above / (positives * negatives);
}

/**
 * Σ (R_n - R_{n-1})·P_n over the thresholds n, from the highest: the area under the curve of precision and recall, without interpolation.
 * NaN without positive rows. As sklearn.metrics.average_precision_score.
 */
export function averagePrecision(rows: readonly Ranked[]): number {
  const total = rows.filter(({ positive }) => positive).length;
  let [positives, count, sum] = [0, 0, 0];
  for (const { positive, negative } of tiesOf(rows)) {
    positives += positive;
    count += positive + negative;
    sum += (positive / total) * (positives / count);
  }
  return total > 0 ? sum : Number.NaN;
}

/** Rows of each score, the highest score first. With a NaN among the scores all counts are NaN. */
function tiesOf(rows: readonly Ranked[]): { positive: number; negative: number }[] {
  if (rows.some(({ score }) => Number.isNaN(score))) return [{ positive: Number.NaN, negative: Number.NaN }];
  const groups: { score: number; positive: number; negative: number }[] = [];
  for (const { score, positive } of rows.toSorted((a, b) => b.score - a.score)) {
    if (groups.at(-1)?.score !== score) groups.push({ score, positive: 0, negative: 0 });
    (groups.at(-1) as (typeof groups)[number])[positive ? 'positive' : 'negative']++;
  }
  return groups;
}
