import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { ForecastSpec } from '../tasks/forecast.ts';
import { InputError } from './input-error.ts';
import type { Reader } from './reader.ts';
import { MAX_LENGTH } from './reader.ts';
import { type Columns, seriesFeatures } from './series-features.ts';

/** Numbers over time by column, the oldest first; columns known beforehand go `horizon` steps further. */
export const columnsInput = v.pipe(
  v.record(v.string(), v.pipe(v.array(finite), v.maxLength(MAX_LENGTH))),
  // To valibot a list is a record too.
  v.check((columns) => !Array.isArray(columns), 'expected columns by name'),
);

/** The past of a forecast's columns, of which the last maxLength steps are read. */
export function columnsReader(spec: ForecastSpec, maxLength: number): Reader<Columns> {
  const { inputs, known, horizon, targets } = spec;
  const example = [
    ...inputs.map(({ name, mean }) => [name, [mean]] as const),
    ...known.map(({ name, mean }) => [name, new Array(1 + horizon).fill(mean) as number[]] as const),
  ];
  return {
    schema: columnsInput as v.GenericSchema<unknown, Columns>,
    example: Object.fromEntries(example),
    read(columns) {
      const all = pastSteps(spec, columns);
      const steps = Math.min(all, maxLength);
      const recent = Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Array.from(values).slice(all - steps)]));
      return {
        values: seriesFeatures(spec, recent, steps),
        steps,
        targetsAt: (step) => targets.map(({ name }) => recent[name]?.[step] ?? Number.NaN),
      };
    },
  };
}

/** Steps of the past that the columns hold. */
function pastSteps({ inputs, known, horizon }: ForecastSpec, columns: Columns): number {
  const [first] = inputs;
  const steps = first ? (columns[first.name]?.length ?? 0) : (columns[known[0]?.name ?? '']?.length ?? 0) - horizon;
  if (steps < 1) {
    const wanted = [...inputs, ...known].map(({ name }) => name).join(', ');
    throw new InputError(
      `forecast: expected at least one step of ${wanted}${known.length ? `, and ${horizon} more of the known ones` : ''}`,
    );
  }
  return steps;
}
