import { parseOrExplain } from '@unroll/schema/explain.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { layerSpec } from './layers/registry.ts';
import { taskSpec } from './tasks/registry.ts';

/** What a model reads: token ids, or float features at every step. */
const inputSpec = v.variant('type', [
  v.strictObject({
    type: v.literal('tokens'),
    /** Longer inputs are cut to their first `maxLength` tokens. */
    maxLength: positiveInt,
  }),
  v.strictObject({ type: v.literal('features'), features: positiveInt, maxLength: positiveInt }),
]);

/** A model as plain data: the one source of its options, defaults and types. Unknown keys are errors. */
export const modelSpec = v.strictObject({
  input: inputSpec,
  layers: v.pipe(v.array(layerSpec), v.minLength(1)),
  task: taskSpec,
});
export type ModelSpec = v.InferOutput<typeof modelSpec>;
/** A spec as a person writes it, defaults left out. */
export type ModelSpecInput = v.InferInput<typeof modelSpec>;

/** Fills in defaults. @throws an error that names each wrong key or value and the nearest valid one. */
export function parseModelSpec(data: unknown, what = 'model spec'): ModelSpec {
  return parseOrExplain(modelSpec, data, what);
}
