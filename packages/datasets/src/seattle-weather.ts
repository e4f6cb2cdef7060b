import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { checkSeries, type Series } from './series.ts';

const measured = ['precipitation', 'temp_max', 'temp_min', 'wind'] as const;
const DAYS_A_YEAR = 365.2425;

/**
 * Seattle's weather on the 1461 days from 2012 to 2015: precipitation (mm), temp_max and temp_min (°C), wind (m/s), and the day of
 * the year as year_sin and year_cos. NOAA's record from npm vega-datasets (BSD-3-Clause; the data are public domain).
 * @param path of the CSV file; by default the installed package's.
 * @throws an error that names the missing file or package, or the broken row and column.
 */
export function loadSeattleWeather(path = installedFile()): Series {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`data set 'seattle-weather': cannot read ${path}; reinstall it with: npm ci`, { cause });
  }
  let rows: Record<string, string>[];
  try {
    rows = parse(content, { columns: true });
  } catch (cause) {
    throw new Error(`data set 'seattle-weather': ${path}: ${(cause as Error).message}`, { cause });
  }
  const time = rows.map(({ date = '' }) => date);
  const angles = time.map((date) => (2 * Math.PI * dayOfYear(date)) / DAYS_A_YEAR);
  const series: Series = {
    name: 'seattle-weather',
    time,
    columns: {
      ...Object.fromEntries(measured.map((name) => [name, Float64Array.from(rows, (row) => Number.parseFloat(row[name] ?? ''))])),
      year_sin: Float64Array.from(angles, Math.sin),
      year_cos: Float64Array.from(angles, Math.cos),
    },
    source: 'Seattle weather 2012-2015 (NOAA, public domain), from npm vega-datasets@3.2.1',
  };
  checkSeries(series);
  return series;
}

function dayOfYear(date: string): number {
  const day = new Date(`${date}T00:00:00Z`);
  return (day.getTime() - Date.UTC(day.getUTCFullYear(), 0, 1)) / 86_400_000;
}

function installedFile(): string {
  try {
    // The package exports one module only, so package.json cannot be resolved.
    const entry = createRequire(import.meta.url).resolve('vega-datasets');
    return join(dirname(entry), '..', 'data', 'seattle-weather.csv');
  } catch (cause) {
    throw new Error("data set 'seattle-weather': npm package 'vega-datasets' is not installed; run: npm ci", { cause });
  }
}
