import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSeriesFile } from '@unroll/datasets/series-file.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { recipeOf } from '../testing/recipe-of.ts';
import { prepare } from './prepare.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-many-rows-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A call takes fewer arguments than this. */
const MANY = 150_000;

describe('more rows than a call has arguments', () => {
  test('of texts', () => {
    const samples = Array.from({ length: 2 * MANY }, (_, i) => ({ text: `the word${i % 100}`, label: i % 2 }));
    const recipe = recipeOf({
      data: { type: 'texts', load: () => ({ name: 'x', labels: ['a', 'b'], samples, source: '' }), validation: 0.2, test: 0.2 },
      model: ({ vocabularySize, labels }: { vocabularySize: number; labels: string[] }) => ({
        input: { type: 'tokens', maxLength: 5 },
        layers: [
          { type: 'embedding', inputDim: vocabularySize, outputDim: 2 },
          { type: 'gru', units: 2 },
          { type: 'dense', units: 2 },
        ],
        task: { type: 'classify', labels },
      }),
    });
    expect(prepare(recipe, 1).data.split.train).toHaveLength(1.2 * MANY);
  });

  test('of a series that is newest first, or repeats its times', () => {
    const path = join(directory, 'series.csv');
    const load = (rows: readonly string[]) => {
      writeFileSync(path, `date,load\n${rows.join('\n')}\n`);
      return loadSeriesFile(path, { columns: ['load'], time: 'date' });
    };
    const minute = (i: number) => new Date(Date.UTC(2024, 0, 1, 0, i)).toISOString().slice(0, 16);
    const newestFirst = Array.from({ length: MANY }, (_, i) => `${minute(MANY - i)},${MANY - i}`);
    const { columns, notes } = load(newestFirst);
    expect([...(columns.load ?? [])].slice(0, 3)).toEqual([1, 2, 3]);
    expect(notes).toEqual([`${path}: rows are sorted by 'date'; the first out of order is on line 3`]);
    expect(() => load(newestFirst.flatMap((row) => [row, row]))).toThrow("150,000 of 300,000 rows repeat a time in 'date'");
  });
});
