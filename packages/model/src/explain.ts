import { distance } from 'fastest-levenshtein';
import * as z from 'zod';

/**
 * Parses untrusted data, or throws an error that a person can act on: where it is wrong, what was expected and,
 * for an unknown key or name, the nearest valid one.
 * @param what names the data in the message, for example `recipe 'sentiment'`.
 */
export function parseOrExplain<S extends z.ZodType>(schema: S, data: unknown, what: string): z.infer<S> {
  const result = schema.safeParse(data);
  if (result.success) return result.data;
  const lines = result.error.issues.flatMap((issue) => explain(issue, schema, data));
  throw new Error(`${what} is not valid:\n${lines.map((line) => `  - ${line}`).join('\n')}`);
}

/** ` Did you mean 'units'?` for the name nearest to a mistyped one; nothing when none is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const [nearest] = [...candidates].sort((a, b) => distance(name, a) - distance(name, b));
  const near = nearest !== undefined && distance(name, nearest) <= Math.max(2, name.length / 3);
  return near ? ` Did you mean '${nearest}'?` : ` Valid are: ${candidates.join(', ')}.`;
}

function explain(issue: z.core.$ZodIssue, schema: z.ZodType, data: unknown): string[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const at = path.replace(/^\./, '') || 'top level';
  if (issue.code === 'unrecognized_keys') {
    const valid = keysAt(schema, data, issue.path);
    return issue.keys.map((key) => `${at}: unknown key '${key}'.${didYouMean(key, valid)}`);
  }
  if (issue.code === 'invalid_value') {
    const value = valueAt(data, issue.path);
    const hint = typeof value === 'string' ? didYouMean(value, issue.values.map(String)) : ` Valid are: ${issue.values.join(', ')}.`;
    return [`${at}: ${JSON.stringify(value)} is not valid.${hint}`];
  }
  if (issue.code === 'invalid_union' && issue.discriminator) {
    const value = valueAt(data, issue.path);
    const union = schemaAt(schema, data, issue.path.slice(0, -1));
    const names = union instanceof z.ZodDiscriminatedUnion ? discriminators(union) : [];
    return [`${at}: unknown ${issue.discriminator} ${JSON.stringify(value)}.${didYouMean(String(value), names)}`];
  }
  return [`${at}: ${issue.message}`];
}

function valueAt(data: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], data);
}

function keysAt(schema: z.ZodType, data: unknown, path: readonly PropertyKey[]): string[] {
  const found = schemaAt(schema, data, path);
  const object = found instanceof z.ZodDiscriminatedUnion ? chosenOption(found, valueAt(data, path)) : found;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : [];
}

/** Follows a path through objects, arrays, optional wrappers and unions, picking the option that the data chose. */
function schemaAt(schema: z.ZodType, data: unknown, path: readonly PropertyKey[]): z.ZodType | undefined {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return schemaAt(schema.unwrap() as z.ZodType, data, path);
  }
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const option = chosenOption(schema, data);
    return option && schemaAt(option, data, path);
  }
  const child = (data as Record<PropertyKey, unknown> | undefined)?.[key];
  if (schema instanceof z.ZodArray) return schemaAt(schema.element as z.ZodType, child, rest);
  if (schema instanceof z.ZodObject) {
    const property = schema.shape[key as string] as z.ZodType | undefined;
    return property && schemaAt(property, child, rest);
  }
  return undefined;
}

const discriminatorOf = (union: z.ZodDiscriminatedUnion) => union.def.discriminator;

function optionName(union: z.ZodDiscriminatedUnion, option: unknown): string | undefined {
  const literal = option instanceof z.ZodObject ? option.shape[discriminatorOf(union)] : undefined;
  return literal instanceof z.ZodLiteral ? String(literal.value) : undefined;
}

function discriminators(union: z.ZodDiscriminatedUnion): string[] {
  return union.options.flatMap((option) => optionName(union, option) ?? []);
}

function chosenOption(union: z.ZodDiscriminatedUnion, data: unknown): z.ZodType | undefined {
  const chosen = (data as Record<string, unknown> | undefined)?.[discriminatorOf(union)];
  return union.options.find((option) => optionName(union, option) === chosen) as z.ZodType | undefined;
}
