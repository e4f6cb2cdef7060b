import { float32 } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { TableFormat } from '../spec.ts';
import type { ForecastSpec } from '../tasks/forecast.ts';
import { InputError } from './input-error.ts';
import { MAX_LENGTH, type Reader } from './reader.ts';
import { type Columns, seriesFeatures } from './series-features.ts';
import { truncatedIf } from './truncation.ts';

/** Numbers over time by column, the oldest first; columns known ahead have `horizon` more steps. */
export const columnsInput = v.pipe(
  v.record(v.string(), v.pipe(v.array(float32), v.maxLength(MAX_LENGTH))),
  // To valibot a list is a record too.
  v.check((columns) => !Array.isArray(columns), 'expected columns by name'),
);

const EXAMPLE_STEPS = 14;

/** Columns that show what to send: waves about the mean of each. */
function exampleColumns({ inputs, known, horizon }: ForecastSpec, steps: number): Columns {
  const wave = (length: number, { mean, scale }: { mean: number; scale: number }) =>
    Array.from({ length }, (_, t) => Number((mean + scale * Math.sin(t)).toPrecision(4)));
  return Object.fromEntries([
    ...inputs.map((column) => [column.name, wave(steps, column)] as const),
    ...known.map((column) => [column.name, wave(steps + horizon, column)] as const),
  ]);
}

/** The past of a forecast's columns, of which the last maxLength steps are read. */
export function columnsReader(spec: ForecastSpec, maxLength: number, format?: TableFormat): Reader<Columns> {
  const { inputs, known, targets } = spec;
  return {
    schema: columnsInput as v.GenericSchema<unknown, Columns>,
    example: exampleColumns(spec, Math.min(maxLength, EXAMPLE_STEPS)),
    table: { columns: [...new Set([...inputs, ...known].map(({ name }) => name))], cells: 'numbers', inputs: 'whole', format },
    read(columns) {
      const all = pastSteps(spec, columns);
      const steps = Math.min(all, maxLength);
      const from = all - steps;
      return {
        values: seriesFeatures(spec, columns, { from, steps }),
        steps,
        ...truncatedIf(steps, all),
        targetsAt: (step) => targets.map(({ name }) => columns[name]?.[from + step] ?? Number.NaN),
      };
    },
  };
}

/** The number of past steps: the length of the inputs that are not known ahead. @throws InputError if lengths differ or are 0. */
function pastSteps({ inputs, known, horizon }: ForecastSpec, columns: Columns): number {
  const lengthOf = ({ name }: { name: string }) => columns[name]?.length ?? 0;
  const unknown = inputs.filter(({ name }) => !known.some((column) => column.name === name));
  const [first] = unknown;
  const steps = first ? lengthOf(first) : Math.min(...known.map(lengthOf)) - horizon;
  if (steps < 1) {
    const wanted = [...new Set([...inputs, ...known].map(({ name }) => name))].join(', ');
    throw new InputError(
      `forecast: expected at least one step of ${wanted}${known.length ? `, and ${horizon} more of the known ones` : ''}`,
    );
  }
  const other = unknown.find((column) => column.name in columns && lengthOf(column) !== steps);
  if (first && other) {
    throw new InputError(
      `forecast: column '${first.name}' has ${steps} values, '${other.name}' has ${lengthOf(other)}; expected a value of each at every step`,
    );
  }
  return steps;
}
