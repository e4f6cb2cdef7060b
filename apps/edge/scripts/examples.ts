import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSeattleWeather } from '@unroll/datasets/seattle-weather.ts';

const HISTORY = 60;
const HORIZON = 7;
/** What is known of days to come. */
const KNOWN = ['year_sin', 'year_cos'];

/** The table that the page shows the built-in weather model with: days of the last year, which it was not trained on. */
export function writeExamples(directory: string): void {
  const { columns } = loadSeattleWeather();
  const names = Object.keys(columns);
  const days = columns[names[0] as string]?.length ?? 0;
  const first = days - 200;
  const rows = Array.from({ length: HISTORY + HORIZON }, (_, row) => {
    const cells = names.map((name) =>
      row < HISTORY || KNOWN.includes(name) ? Number((columns[name]?.[first + row] ?? 0).toFixed(4)) : '',
    );
    return cells.join(',');
  });
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'weather.csv'), [names.join(','), ...rows].join('\n'));
}
