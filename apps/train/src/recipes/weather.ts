import { loadSeattleWeather } from '@unroll/datasets/seattle-weather.ts';
import { defineRecipe } from '../recipe/recipe.ts';

/** The next week's temperatures in Seattle, with an interval meant to cover four days of five. The last year is the test part. */
export default defineRecipe({
  name: 'weather',
  description: "Forecasts a week of Seattle's daily maximum and minimum temperatures.",
  data: {
    type: 'series',
    load: loadSeattleWeather,
    context: 28,
    horizon: 7,
    inputs: ['precipitation', 'temp_max', 'temp_min', 'wind', 'year_sin', 'year_cos'],
    known: ['year_sin', 'year_cos'],
    targets: ['temp_max', 'temp_min'],
    quantiles: [0.1, 0.5, 0.9],
    relative: true,
    validation: 0.2,
    test: 365 / 1461,
  },
  model: ({ features, units, forecast }) => ({
    input: { type: 'features', features, maxLength: 28 },
    layers: [
      { type: 'dropout', rate: 0.1 },
      { type: 'gru', units: 48 },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units },
    ],
    task: forecast,
  }),
  training: {
    epochs: 100,
    globalBatchSize: 64,
    shards: 2,
    optimizer: { type: 'adam', learningRate: 0.003 },
    schedule: { type: 'cosine' },
    clipNorm: 1,
    ema: { decay: 0.99 },
    earlyStopping: { patience: 20 },
  },
});
