import { plainTable } from '../terminal/table.ts';

export interface ScoreRow {
  name: string;
  /** One score per seed. */
  values: number[];
}

/** Scores by seed with their means and standard deviations, for the terminal. */
export function scoresTable({
  title,
  seeds,
  rows,
  format,
}: {
  title: string;
  seeds: readonly number[];
  rows: readonly ScoreRow[];
  format: (value: number) => string;
}): string {
  const lines = rows.map(({ name, values }) => {
    const cells = seeds.map((_, i) => (values[i] === undefined ? '' : format(values[i])));
    return [name, ...cells, format(mean(values)), values.length > 1 ? format(standardDeviation(values)) : ''];
  });
  return plainTable([title, ...seeds.map((seed) => `seed ${seed}`), 'mean', '±'], lines);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** The sample standard deviation over seeds. */
function standardDeviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}
