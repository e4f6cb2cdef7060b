import { parseOrExplain } from '@unroll/schema/explain.ts';
import { positive, positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { layerName, type Shape } from './layers/layer.ts';
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
    /** Every input has exactly maxLength steps. */
    fixedLength: v.exactOptional(v.boolean()),
    /** The column of a table that holds the text; 'text' if left out. */
    column: v.exactOptional(columnName),
  }),
  v.pipe(
    v.strictObject({
      type: v.literal('features'),
      features: positiveInt,
      maxLength: positiveInt,
      fixedLength: v.exactOptional(v.boolean()),
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

export type InputSpec = v.InferOutput<typeof inputSpec>;

/** Far more than a recurrent network can use; a file that claims more would take minutes to build. */
const MAX_LAYERS = 256;
const MAX_INPUTS = 16;

const named = <S extends v.GenericSchema>(item: S, what: string) =>
  v.pipe(
    v.record(layerName, item),
    v.check((entries) => !Array.isArray(entries) && Object.keys(entries).length > 0, `expected at least one ${what}, by name`),
    v.check((entries) => Object.keys(entries).length <= MAX_INPUTS, `expected at most ${MAX_INPUTS} ${what}s`),
  );

/** One of a model's outputs. */
const outputSpec = v.strictObject({
  /** The layer whose output it is. */
  from: layerName,
  task: taskSpec,
  /** The factor on its loss. */
  weight: v.optional(positive, 1),
});

const layers = v.pipe(v.array(layerSpec), v.minLength(1), v.maxLength(MAX_LAYERS));

/**
 * A model as plain data: the one source of its options, defaults and types. Unknown keys are errors. A model with one input has it as
 * `input`, a model with one output has `task`, and reads it from the last layer.
 */
export const modelSpec = v.pipe(
  v.strictObject({
    input: v.exactOptional(inputSpec),
    inputs: v.exactOptional(named(inputSpec, 'input')),
    layers,
    task: v.exactOptional(taskSpec),
    outputs: v.exactOptional(named(outputSpec, 'output')),
  }),
  v.check(({ input, inputs }) => (input === undefined) !== (inputs === undefined), "expected either 'input' or 'inputs'"),
  v.check(({ task, outputs }) => (task === undefined) !== (outputs === undefined), "expected either 'task' or 'outputs'"),
);
export type ModelSpec = v.InferOutput<typeof modelSpec>;
/** A spec as a person writes it, defaults left out. */
export type ModelSpecInput = v.InferInput<typeof modelSpec>;

/** The name of the input of a model that has only one. */
export const ONLY_INPUT = 'input';

/** A model's inputs by name. */
export const inputsOf = ({ input, inputs }: Pick<ModelSpec, 'input' | 'inputs'>): Readonly<Record<string, InputSpec>> =>
  inputs ?? { [ONLY_INPUT]: input as InputSpec };

/** The input of a model that has only one. @throws an error with their names if there are several. */
export function onlyInputOf(spec: Pick<ModelSpec, 'input' | 'inputs'>): InputSpec {
  const [[, input], ...more] = Object.entries(inputsOf(spec)) as [[string, InputSpec], ...[string, InputSpec][]];
  if (more.length > 0) throw new Error(`model spec: expected one input, got ${Object.keys(inputsOf(spec)).join(', ')}`);
  return input;
}

/** Floats per step of an input; 0 for ids. */
export const featuresOf = (input: InputSpec): number => (input.type === 'tokens' ? 0 : input.features);

/** The shape of an input. */
export function shapeOf(input: InputSpec): Shape {
  if (input.type === 'tokens') return { kind: 'ids', steps: input.fixedLength ? input.maxLength : undefined };
  const steps = input.columns?.length ?? (input.fixedLength ? input.maxLength : undefined);
  return { kind: 'sequence', features: input.features, steps };
}

/** The table that an input's ids are looked up in: of the first embedding that reads it, or the first of all for a model with one input. */
export function embeddingOf({ layers, inputs }: Pick<ModelSpec, 'layers' | 'inputs'>, input?: string) {
  const embeddings = layers.filter((layer) => layer.type === 'embedding');
  if (!inputs || input === undefined) return embeddings[0];
  return embeddings.find(({ from }) => from === input || (Array.isArray(from) && from[0] === input));
}

/** Fills in defaults. @throws an error that names each wrong key or value and the nearest valid one. */
export function parseModelSpec(data: unknown, what = 'model spec'): ModelSpec {
  return parseOrExplain(modelSpec, data, what);
}
