import type { ForecastSpec } from '../tasks/forecast.ts';
import { type ScaledColumn, scaled } from '../tasks/scaled-column.ts';
import { InputError } from './input-error.ts';

/** Numbers over time by column name. */
export type Columns = Readonly<Record<string, ArrayLike<number>>>;

/**
 * The features of `steps` steps from step `from` on, as a forecasting model reads them: [steps, features]. A step holds its scaled
 * inputs, then the next `horizon` values of every known column, which must reach that far.
 * @throws InputError that names the column that is missing or short, or the row with a value that cannot be read.
 */
export function seriesFeatures(
  spec: Pick<ForecastSpec, 'inputs' | 'known' | 'horizon'>,
  columns: Columns,
  { from = 0, steps }: { from?: number; steps: number },
): Float32Array {
  const { inputs, known, horizon } = spec;
  const width = inputs.length + known.length * horizon;
  const features = new Float32Array(steps * width);
  for (const [i, column] of inputs.entries()) {
    const values = scaledValues(column, columns, from + steps);
    for (let t = 0; t < steps; t++) features[t * width + i] = values[from + t] as number;
  }
  for (const [k, column] of known.entries()) {
    const values = scaledValues(column, columns, from + steps + horizon);
    const first = inputs.length + k * horizon;
    for (let t = 0; t < steps; t++) {
      for (let h = 0; h < horizon; h++) features[t * width + first + h] = values[from + t + 1 + h] as number;
    }
  }
  return features;
}

/** The first `needed` values of a column as the model reads them. */
function scaledValues(column: ScaledColumn, columns: Columns, needed: number): Float32Array {
  const { name } = column;
  const values = columns[name];
  if (!values) throw new InputError(`series: column '${name}' is missing; none of the ${Object.keys(columns).length} given has that name`);
  if (values.length < needed) throw new InputError(`series: column '${name}' has ${values.length} values, ${needed} are needed`);
  return Float32Array.from({ length: needed }, (_, row) => {
    const value = Math.fround(scaled(column, values[row] as number));
    if (!Number.isFinite(value)) {
      const where = `series: column '${name}' holds`;
      if (Number.isFinite(values[row]))
        throw new InputError(`${where} a number at row ${row + 1} that is too large for float32 once scaled`);
      throw new InputError(`${where} ${values[row]} at row ${row + 1}; expected a number`);
    }
    return value;
  });
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
