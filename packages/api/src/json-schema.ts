import { toJsonSchema } from '@valibot/to-json-schema';
import type * as v from 'valibot';

export type Json = Record<string, unknown>;

/** A schema as JSON Schema 2020-12: what is sent, or what comes back. Parts that have a name (`v.metadata({ id })`) keep it as `id`. */
export function jsonSchemaOf(schema: v.GenericSchema, typeMode: 'input' | 'output'): Json {
  const { $schema, ...rest } = toJsonSchema(schema, {
    typeMode,
    target: 'draft-2020-12',
    // JSON has no other numbers, and tells lists from objects.
    ignoreActions: ['finite', 'check'],
    // Patterns of JSON Schema are read as those with the flag u.
    overrideAction: ({ valibotAction, jsonSchema }) =>
      valibotAction.type === 'regex'
        ? { ...jsonSchema, pattern: (valibotAction as v.RegexAction<string, undefined>).requirement.source }
        : undefined,
  }) as Json;
  return rest;
}
