import * as z from 'zod';
import { parseOrExplain } from './explain.ts';
import { layerSpec } from './layers/registry.ts';
import { taskSpec } from './tasks/registry.ts';

/** What a model reads: token ids, or float features at every step. */
const inputSpec = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('tokens'),
    /** Longer inputs are cut to their first `maxLength` tokens. */
    maxLength: z.int().positive(),
  }),
  z.strictObject({ type: z.literal('features'), features: z.int().positive(), maxLength: z.int().positive() }),
]);

/** A model as plain data: the one source of its options, defaults and types. Unknown keys are errors. */
export const modelSpec = z.strictObject({
  input: inputSpec,
  layers: z.array(layerSpec).min(1),
  task: taskSpec,
});
export type ModelSpec = z.infer<typeof modelSpec>;
/** A spec as a person writes it, defaults left out. */
export type ModelSpecInput = z.input<typeof modelSpec>;

/** Fills in defaults. @throws an error that names each wrong key or value and the nearest valid one. */
export function parseModelSpec(data: unknown, what = 'model spec'): ModelSpec {
  return parseOrExplain(modelSpec, data, what);
}
