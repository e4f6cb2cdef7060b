import type { Series } from '@unroll/datasets/series.ts';
import { describe, expect, test } from 'vitest';
import { expectRefused, recipeOf } from '../testing/recipe-of.ts';
import { prepare } from './prepare.ts';

describe('a series', () => {
  const columns = { load: Float64Array.from({ length: 60 }, (_, i) => i), flat: new Float64Array(60).fill(3) };
  const series: Series = { name: 's', time: Array.from({ length: 60 }, (_, i) => `day ${i}`), columns, source: '' };
  const recipe = (data: object = {}) =>
    recipeOf({
      data: {
        ...{ type: 'series', load: () => series, context: 5, horizon: 2, inputs: ['load', 'flat'], targets: ['load'] },
        ...{ validation: 0.2, test: 0.2, ...data },
      },
      model: ({ features, units, forecast }: { features: number; units: number; forecast: object }) => ({
        input: { type: 'features', features, maxLength: 5 },
        layers: [
          { type: 'gru', units: 2 },
          { type: 'dense', units },
        ],
        task: forecast,
      }),
    });

  test('is cut in time, and no window has targets in another part', () => {
    const { data } = prepare(recipe(), 1);
    if (data.type !== 'series') throw new Error('a series');
    const targetRows = (samples: Int32Array) => {
      const rows = Array.from(samples, (sample) => data.lastRowOf(sample));
      return [Math.min(...rows) + 1, Math.max(...rows) + 2];
    };
    expect(targetRows(data.split.train)).toEqual([5, 35]);
    expect(targetRows(data.split.validation)).toEqual([36, 47]);
    expect(targetRows(data.split.test)).toEqual([48, 59]);
  });

  test('is scaled by the training rows; a constant column gets scale 1', () => {
    const { forecast } = prepare(recipe(), 1).data.known;
    expect(forecast.inputs[0]?.mean).toBeCloseTo(17.5, 6);
    expect(forecast.inputs[1]).toEqual({ name: 'flat', mean: 3, scale: 1 });
  });

  test('without a column that is named', () =>
    expectRefused(recipe({ inputs: ['laod'] }), "series 's' has no column 'laod'. Did you mean 'load'?"));
  test('with a context that the model does not read', () =>
    expectRefused(recipe({ context: 6 }), "series 's': data.context is 6, but the model reads 5 steps; make input.maxLength 6"));
  test('too short', () => expectRefused(recipe({ context: 58 }), '60 rows are too few for windows of 58 and 2 more'));
  test('with a row that is not a number', () => {
    const broken = { ...series, columns: { ...columns, load: columns.load.with(7, Number.NaN) } };
    expectRefused(recipe({ load: () => broken }), "series 's': column 'load' holds NaN in row 8 (day 7); expected a number");
  });

  describe('of several in one table', () => {
    const start = [0, 40, 90];
    const parts = [
      { name: 'a', start: 0, end: 40 },
      { name: 'b', start: 40, end: 90 },
      { name: 'short', start: 90, end: 94 },
    ];
    const instants = Float64Array.from({ length: 94 }, (_, row) => (row < 40 ? row : row < 90 ? row - 40 : row - 90));
    const several: Series = {
      name: 's',
      source: '',
      time: Array.from(instants, String),
      instants,
      parts,
      columns: { load: Float64Array.from({ length: 94 }, (_, i) => i), flat: new Float64Array(94) },
    };
    const { data } = prepare(recipe({ load: () => several }), 1);
    if (data.type !== 'series') throw new Error('a series');
    const windows = Object.entries(data.split).flatMap(([part, samples]) =>
      Array.from(samples as Int32Array, (sample) => ({ part, first: sample, last: data.lastRowOf(sample) })),
    );

    test('has no window that reaches into another series', () => {
      for (const { first, last } of windows) {
        const own = parts.find(({ end }) => first < end) as (typeof parts)[0];
        expect(last + 2).toBeLessThan(own.end);
        expect(data.firstRowOf(first)).toBe(own.start);
      }
      expect(new Set(windows.map(({ first }) => start.findLastIndex((row) => first >= row)))).toEqual(new Set([0, 1]));
    });

    test('is cut at the same moments in each', () => {
      const predicted = (part: string) =>
        windows
          .filter((window) => window.part === part)
          .flatMap(({ last }) => [instants[last + 1] as number, instants[last + 2] as number]);
      expect(Math.max(...predicted('train'))).toBeLessThan(Math.min(...predicted('validation')));
      expect(Math.max(...predicted('validation'))).toBeLessThan(Math.min(...predicted('test')));
    });

    test('warns of series that vary too little for the common scale', () => {
      const load = several.columns.load as Float64Array;
      const apart = { ...several, columns: { ...several.columns, load: load.map((value, row) => (row < 40 ? 1000 * value : value)) } };
      expect(prepare(recipe({ load: () => apart }), 1).data.warnings[1]).toMatch(
        /^s: 'load' varies 10 times less within 1 of 2 series than over all \(the first: 'b'\)\. All are read with one scale/,
      );
    });

    test('warns of series that are too short', () =>
      expect(data.warnings).toEqual(["s: 1 series have fewer than 7 rows, too few for a window, and are left out (the first: 'short')"]));
  });
});
