import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import type { Series } from '@unroll/datasets/series.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import { createRandom } from '@unroll/model/random.ts';
import type { Forecast } from '@unroll/model/tasks/forecast.ts';
import { beforeAll, expect, test } from 'vitest';
import { recipeOf, training } from '../testing/recipe-of.ts';
import { train } from '../training/train.ts';
import { scoreArtifact } from './score-artifact.ts';
import { toArtifact } from './to-artifact.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const random = createRandom('visits');
const rows = Array.from({ length: 160 }, (_, i) => i);
const series: Series = {
  name: 'visits',
  time: rows.map((i) => `day ${i}`),
  columns: { visits: Float64Array.from(rows, (i) => Math.floor((4 + 3 * Math.sin(i)) * (0.5 + random.uniform()))) },
  source: '',
};
const recipe = (distribution: string, more: object = {}) =>
  recipeOf({
    data: {
      ...{ type: 'series', load: () => series, context: 5, horizon: 2, inputs: ['visits'], targets: ['visits'], distribution },
      ...{ validation: 0.2, test: 0.2, ...more },
    },
    model: ({ features, units, forecast }: { features: number; units: number; forecast: object }) => ({
      input: { type: 'features', features, maxLength: 5 },
      layers: [
        { type: 'gru', units: 4 },
        { type: 'dense', units },
      ],
      task: forecast,
    }),
    training: { ...training, epochs: 3, optimizer: { type: 'adam', learningRate: 0.03 }, metrics: ['r2', 'mase'] },
  });

test.each(['gaussian', 'negativeBinomial'])(
  'a forecast of a %s distribution scores the same in training and from its file',
  async (name) => {
    const { final, history, prepared, parameters } = await train(recipe(name), { workers: 2 });
    expect(history.at(-1)?.loss).toBeLessThan(history[0]?.loss as number);
    const artifact = toArtifact(prepared, parameters, { name: 'visits', metrics: {}, createdAt: '2026-01-01T00:00:00.000Z' });
    const scores = scoreArtifact(artifact, prepared, prepared.data.split.test);
    expect(Object.keys(scores)).toEqual(['loss', 'MAE visits', 'MAE visits +1', 'inside 80 %', 'r2', 'mase']);
    const visits = (series.columns.visits as Float64Array).subarray(0, 96);
    const naive = visits.slice(1).reduce((sum, value, i) => sum + Math.abs(value - (visits[i] as number)), 0) / 95;
    expect(scores.mase).toBeCloseTo((scores['MAE visits'] as number) / naive, 4);
    for (const [metric, value] of Object.entries(final?.test.scores ?? {})) expect(scores[metric], metric).toBeCloseTo(value, 4);

    const predictor = createPredictor(artifact);
    const [answer] = predictor.predict([{ visits: [3, 4, 9, 2, 5] }]).predictions as Forecast[];
    predictor.dispose();
    expect(answer?.quantiles).toEqual([0.1, 0.5, 0.9]);
    const values = answer?.forecast.visits?.flat() as number[];
    expect(values).toHaveLength(6);
    expect(values[0]).toBeLessThan(values[2] as number);
    if (name === 'negativeBinomial') for (const value of values) expect(value).toBeCloseTo(Math.round(value), 4);
  },
);

test('numbers that are no counts are refused for a distribution of counts', async () => {
  const broken = { ...series, columns: { visits: (series.columns.visits as Float64Array).with(7, 2.5) } };
  await expect(train(recipe('negativeBinomial', { load: () => broken }))).rejects.toThrow(
    "series 'visits': a negative binomial distribution is of counts, but row 8 of 'visits' is 2.5",
  );
});
