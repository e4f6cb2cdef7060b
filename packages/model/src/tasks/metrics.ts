/** Counts of (actual, predicted) class pairs: matrix[actual][predicted]. */
export type ConfusionMatrix = number[][];

/** @param actual, predicted class indices below `classes`, of one length. */
export function confusionMatrix(actual: ArrayLike<number>, predicted: ArrayLike<number>, classes: number): ConfusionMatrix {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < actual.length; i++) {
    const row = matrix[actual[i] as number];
    const column = predicted[i] as number;
    if (row?.[column] === undefined) throw new Error(`confusionMatrix: expected classes below ${classes}, got ${actual[i]} and ${column}`);
    row[column]++;
  }
  return matrix;
}

/** The fraction of samples on the diagonal. NaN without samples. */
export function accuracy(matrix: ConfusionMatrix): number {
  const total = matrix.flat().reduce((sum, count) => sum + count, 0);
  return matrix.reduce((sum, row, i) => sum + (row[i] ?? 0), 0) / total;
}

export interface ClassScores {
  precision: number;
  recall: number;
  f1: number;
  support: number;
}

/** Rows of a class: answered and true, answered, true. */
export interface ClassCounts {
  hits: number;
  answered: number;
  support: number;
}

/** Precision, recall and F1 of each class; 0 where undefined, as scikit-learn's zero_division=0. */
export function classScores(matrix: ConfusionMatrix): ClassScores[] {
  return matrix.map((row, i) =>
    scoresOfCounts({
      hits: row[i] ?? 0,
      answered: matrix.reduce((sum, other) => sum + (other[i] ?? 0), 0),
      support: row.reduce((sum, count) => sum + count, 0),
    }),
  );
}

export function scoresOfCounts({ hits, answered, support }: ClassCounts): ClassScores {
  const precision = answered ? hits / answered : 0;
  const recall = support ? hits / support : 0;
  const f1 = precision + recall ? (2 * precision * recall) / (precision + recall) : 0;
  return { precision, recall, f1, support };
}

/** 0.812 → '81.2 %'. */
export const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
