import * as tf from '@tensorflow/tfjs-core';
import type { Artifact } from '@unroll/artifact/artifact.ts';
import type { ActivationBits } from './int8-tensors.ts';
import { loadModel } from './load-model.ts';
import type { Model } from './model.ts';
import { servingParams } from './predictor.ts';
import { type Columns, seriesFeatures } from './series-features.ts';
import { type Forecast, type ForecastSpec, forecastFeatures } from './tasks/forecast.ts';
import { taskOf } from './tasks/registry.ts';

/** A forecasting model ready to answer on the current backend. */
export interface Forecaster {
  readonly model: Model;
  readonly spec: ForecastSpec;
  /**
   * @param columns the past of every input column, the oldest first, and of every known column also the `horizon` steps to come.
   * Only the last `maxLength` steps are read.
   * @throws an error that names the column that is missing, short or holds no number.
   */
  forecast(columns: Columns): Forecast;
  dispose(): void;
}

/** @throws if the artifact's parts do not fit together, or its model does not forecast. */
export function createForecaster(
  artifact: Pick<Artifact, 'name' | 'spec' | 'tokenizer' | 'weights' | 'quantization'>,
  { activationBits }: { activationBits?: ActivationBits } = {},
): Forecaster {
  const { model, weights } = loadModel(artifact);
  const task = taskOf(model);
  if (task.type !== 'forecast') throw new Error(`model '${artifact.name}' does the task '${task.type}', it does not forecast`);
  const { spec } = task;
  const params = servingParams(model, weights, activationBits ?? artifact.quantization?.activationBits);
  return {
    model,
    spec,
    forecast(columns) {
      const steps = pastSteps(spec, columns);
      const read = Math.min(steps, model.spec.input.maxLength);
      const recent = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Array.from(values).slice(steps - read)]));
      const outputs = tf.tidy(() => {
        const x = tf.tensor3d(seriesFeatures(spec, recent, read), [1, read, forecastFeatures(spec)]);
        const all = task.activate(model.apply(params, x).outputs).dataSync() as Float32Array;
        return all.slice(all.length - task.targetWidth * Math.max(1, spec.quantiles.length));
      });
      const last = spec.targets.map(({ name }) => columns[name]?.[steps - 1] ?? Number.NaN);
      return task.decode(outputs, spec.relative ? last : undefined);
    },
    dispose() {
      tf.dispose(params);
    },
  };
}

/** Steps of the past that the columns hold. */
function pastSteps({ inputs, known, horizon }: ForecastSpec, columns: Columns): number {
  const [first] = inputs;
  const steps = first ? (columns[first.name]?.length ?? 0) : (columns[known[0]?.name ?? '']?.length ?? 0) - horizon;
  if (steps < 1) {
    const wanted = [...inputs, ...known].map(({ name }) => name).join(', ');
    throw new Error(`forecast: expected at least one step of ${wanted}, got columns ${Object.keys(columns).join(', ') || 'none'}`);
  }
  return steps;
}
