import type { ForecastSpec } from '../tasks/forecast.ts';
import { InputError } from './input-error.ts';

/** Numbers over time by column name. */
export type Columns = Readonly<Record<string, ArrayLike<number>>>;

/**
 * What a forecasting model reads of `steps` steps: [steps, features], at each step its scaled inputs, then of every known column
 * the values of the next `horizon` steps, which therefore must reach that far.
 * @throws an error that names the column that is missing or short, or the value that is no number.
 */
export function seriesFeatures(spec: Pick<ForecastSpec, 'inputs' | 'known' | 'horizon'>, columns: Columns, steps: number): Float32Array {
  const { inputs, known, horizon } = spec;
  const width = inputs.length + known.length * horizon;
  const features = new Float32Array(steps * width);
  const read = (name: string, needed: number) => {
    const values = columns[name];
    if (!values)
      throw new InputError(`series: column '${name}' is missing; none of the ${Object.keys(columns).length} given has that name`);
    if (values.length < needed) throw new InputError(`series: column '${name}' has ${values.length} values, ${needed} are needed`);
    for (let i = 0; i < needed; i++) {
      if (!Number.isFinite(values[i]))
        throw new InputError(`series: column '${name}' holds ${values[i]} at row ${i + 1}; expected a number`);
    }
    return values;
  };
  for (const [i, { name, mean, scale }] of inputs.entries()) {
    const values = read(name, steps);
    for (let t = 0; t < steps; t++) features[t * width + i] = ((values[t] as number) - mean) / scale;
  }
  for (const [k, { name, mean, scale }] of known.entries()) {
    const values = read(name, steps + horizon);
    const first = inputs.length + k * horizon;
    for (let t = 0; t < steps; t++) {
      for (let h = 0; h < horizon; h++) features[t * width + first + h] = ((values[t + 1 + h] as number) - mean) / scale;
    }
  }
  return features;
}

/** Scaled targets of the `horizon` steps after each of `steps` steps: [steps, horizon, targets]. Columns reach `horizon` further. */
export function seriesTargets(
  { targets, horizon, relative }: Pick<ForecastSpec, 'targets' | 'horizon' | 'relative'>,
  columns: Columns,
  steps: number,
): Float32Array {
  const width = horizon * targets.length;
  const out = new Float32Array(steps * width);
  for (const [i, { name, mean, scale }] of targets.entries()) {
    const values = columns[name] as ArrayLike<number>;
    for (let t = 0; t < steps; t++) {
      const origin = relative ? (values[t] as number) : mean;
      for (let h = 0; h < horizon; h++) out[t * width + h * targets.length + i] = ((values[t + 1 + h] as number) - origin) / scale;
    }
  }
  return out;
}
