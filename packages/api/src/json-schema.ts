import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';

export type Json = Record<string, unknown>;

/** A schema as JSON Schema 2020-12, for a request or for a response. Parts with a name (`v.metadata({ id })`) keep it as `id`. */
export function jsonSchemaOf(schema: v.GenericSchema, typeMode: 'input' | 'output'): Json {
  const { $schema, ...rest } = toJsonSchema(schema, {
    typeMode,
    target: 'draft-2020-12',
    // JSON has only finite numbers, and its arrays are not objects.
    ignoreActions: ['finite', 'check'],
    // Code generators need the type next to a constant.
    overrideSchema: ({ valibotSchema, jsonSchema }) =>
      valibotSchema.type === 'literal' ? ({ type: typeof jsonSchema.const, ...jsonSchema } as typeof jsonSchema) : undefined,
    // JSON Schema reads patterns with the flag u, so the source alone is enough.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'regex'
        ? { ...jsonSchema, pattern: (valibotAction as v.RegexAction<string, undefined>).requirement.source }
        : undefined,
  }) as Json;
  return rest;
}
