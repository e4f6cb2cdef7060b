import { parseOrExplain } from '@unroll/schema/explain.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { layerSpec } from './layers/registry.ts';
import { taskSpec } from './tasks/registry.ts';
import { scaledColumn } from './tasks/scaled-column.ts';

const columnName = v.pipe(v.string(), v.minLength(1));

/** How the training table is written. Training fills it in, so that prediction reads tables the same way. */
const tableFormat = v.strictObject({
  /** { decimal: ',', thousands: '.' } for 1.234,5. */
  numbers: v.exactOptional(v.strictObject({ decimal: v.picklist(['.', ',']), thousands: v.optional(v.picklist(['.', ',', ' ', "'"])) })),
  /** Column with the time of each row, by which rows are sorted. */
  time: v.exactOptional(columnName),
  /** Column that tells several series apart. */
  series: v.exactOptional(columnName),
});
export type TableFormat = v.InferOutput<typeof tableFormat>;

/** What a model reads: token ids, or float features at every step. Longer inputs are cut to `maxLength` steps, and the answer has `truncated`. */
const inputSpec = v.variant('type', [
  v.strictObject({
    type: v.literal('tokens'),
    maxLength: positiveInt,
    /** The column of a table that holds the text; 'text' if left out. */
    column: v.exactOptional(columnName),
  }),
  v.pipe(
    v.strictObject({
      type: v.literal('features'),
      features: positiveInt,
      maxLength: positiveInt,
      /** For rows of a table: step i is column i, scaled. Training fills the columns in. */
      columns: v.exactOptional(v.pipe(v.array(scaledColumn), v.minLength(1))),
      table: v.exactOptional(tableFormat),
    }),
    v.check(
      ({ features, maxLength, columns }) => !columns || (features === 1 && columns.length <= maxLength),
      'columns are read one a step: expected features 1, and a maxLength of at least the number of columns',
    ),
  ),
]);

/** Far more than a recurrent network can use; a file that claims more would take minutes to build. */
const MAX_LAYERS = 256;

/** A model as plain data: the one source of its options, defaults and types. Unknown keys are errors. */
export const modelSpec = v.strictObject({
  input: inputSpec,
  layers: v.pipe(v.array(layerSpec), v.minLength(1), v.maxLength(MAX_LAYERS)),
  task: taskSpec,
});
export type ModelSpec = v.InferOutput<typeof modelSpec>;
/** A spec as a person writes it, defaults left out. */
export type ModelSpecInput = v.InferInput<typeof modelSpec>;

/** The table that ids are looked up in, of a model that reads ids. */
export const embeddingOf = ({ layers }: Pick<ModelSpec, 'layers'>) => layers.find((layer) => layer.type === 'embedding');

/** Fills in defaults. @throws an error that names each wrong key or value and the nearest valid one. */
export function parseModelSpec(data: unknown, what = 'model spec'): ModelSpec {
  return parseOrExplain(modelSpec, data, what);
}
