import Table from 'cli-table3';

export interface ScoreRow {
  name: string;
  /** A score a seed. */
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
  const table = new Table({
    head: [title, ...seeds.map((seed) => `seed ${seed}`), 'mean', '±'],
    colAligns: ['left', ...seeds.map(() => 'right' as const), 'right', 'right'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: process.stdout.isTTY ? ['bold'] : [], border: [] },
  });
  for (const { name, values } of rows) {
    const cells = seeds.map((_, i) => (values[i] === undefined ? '' : format(values[i])));
    table.push([name, ...cells, format(mean(values)), values.length > 1 ? format(standardDeviation(values)) : '']);
  }
  return table.toString();
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Of the seeds as a sample. */
function standardDeviation(values: readonly number[]): number {
  const center = mean(values);
  return Math.sqrt(values.reduce((sum, value) => sum + (value - center) ** 2, 0) / (values.length - 1));
}
