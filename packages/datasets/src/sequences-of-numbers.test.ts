import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { addingProblem } from './adding-problem.ts';
import { copyTask } from './copy-task.ts';
import { loadMobyDick } from './moby-dick.ts';
import { loadSeattleWeather } from './seattle-weather.ts';

/** A plain generator (Park & Miller, 1988) in place of the model's. */
function dice(seed: number) {
  let state = seed;
  const uniform = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  return { uniform, integer: (n: number) => Math.floor(uniform() * n) };
}

describe('seattle-weather', () => {
  test('has every day of four years in order', () => {
    const { time, columns } = loadSeattleWeather();
    expect(time).toHaveLength(1461);
    expect([time[0], time.at(-1)]).toEqual(['2012-01-01', '2015-12-31']);
    expect(columns.temp_max?.[0]).toBe(12.8);
    expect(columns.year_cos?.[0]).toBe(1);
  });

  test('tomorrow as today misses temp_max by 2.24 degrees in the last year', () => {
    const values = loadSeattleWeather().columns.temp_max as Float64Array;
    const lastYear = Array.from({ length: 365 }, (_, i) => 1461 - 365 + i);
    const errors = lastYear.map((day) => Math.abs((values[day] as number) - (values[day - 1] as number)));
    expect(errors.reduce((sum, error) => sum + error, 0) / 365).toBeCloseTo(2.24, 2);
  });

  test('a value that is not a number is named with its row and column', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'unroll-weather-')), 'bad.csv');
    writeFileSync(path, 'date,precipitation,temp_max,temp_min,wind,weather\n2012-01-01,0,1,1,1,sun\n2012-01-02,0,warm,1,1,sun\n');
    expect(() => loadSeattleWeather(path)).toThrow("column 'temp_max' holds NaN in row 2 (2012-01-02); expected a number");
    writeFileSync(path, 'date,precipitation,temp_max,temp_min,wind,weather\n2012-01-01,0,1\n');
    expect(() => loadSeattleWeather(path)).toThrow(/bad\.csv: .*line 2/);
    expect(() => loadSeattleWeather('absent.csv')).toThrow('cannot read absent.csv; reinstall it with: npm ci');
  });
});

test('moby-dick is the whole book', () => {
  const { text } = loadMobyDick();
  expect(text).toContain('Call me Ishmael.');
  expect(text.length).toBeGreaterThan(1_150_000);
  expect(() => loadMobyDick('absent.txt')).toThrow('cannot read absent.txt; reinstall it with: npm ci');
});

test('the adding problem marks a number in each half; their sum is the target', () => {
  const { inputs, targets } = addingProblem({ samples: 50, steps: 11 }, dice(1));
  for (let s = 0; s < 50; s++) {
    const marked = Array.from({ length: 11 }, (_, t) => t).filter((t) => inputs[(s * 11 + t) * 2 + 1] === 1);
    expect(marked).toHaveLength(2);
    expect(marked[0]).toBeLessThan(5);
    expect(marked[1]).toBeGreaterThanOrEqual(5);
    const sum = marked.reduce((total, t) => total + (inputs[(s * 11 + t) * 2] as number), 0);
    expect(targets[s]).toBeCloseTo(sum, 6);
  }
});

test('the copy task scores its letters at the end, and nothing before', () => {
  const { inputs, targets } = copyTask({ samples: 20, symbols: 3, alphabet: 8, delay: 4 }, dice(2));
  for (let s = 0; s < 20; s++) {
    const ids = Array.from(inputs.subarray(s * 11, (s + 1) * 11));
    const wanted = Array.from(targets.subarray(s * 11, (s + 1) * 11));
    expect(ids.slice(3)).toEqual([1, 1, 1, 1, 2, 1, 1, 1]);
    expect(wanted.slice(0, 8).every(Number.isNaN)).toBe(true);
    expect(wanted.slice(8)).toEqual(ids.slice(0, 3).map((id) => id - 3));
  }
});
