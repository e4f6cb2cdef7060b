import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSeattleWeather } from '@unroll/datasets/seattle-weather.ts';

const HISTORY = 60;
const units = { precipitation: 'mm', temp_max: '°C', temp_min: '°C', wind: 'm/s' };

/** Writes the page's example for the built-in weather model: days of the last year, which the model was not trained on. */
export function writeExamples(directory: string): void {
  const { time, columns } = loadSeattleWeather();
  const from = time.length - 200;
  const names = Object.keys(units);
  const header = ['date', ...Object.entries(units).map(([name, unit]) => `${name} (${unit})`)];
  const rows = Array.from({ length: HISTORY }, (_, row) => [time[from + row], ...names.map((name) => columns[name]?.[from + row])]);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'weather.csv'), [header, ...rows].map((cells) => cells.join(',')).join('\n'));
}
