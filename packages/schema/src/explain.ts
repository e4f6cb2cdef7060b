import { distance } from 'fastest-levenshtein';
import type * as v from 'valibot';
import { check, isUnknownKey, pathText, type Violation } from './check.ts';

/**
 * Parses data that a person wrote.
 * @param what names the data in the message, for example `recipe 'sentiment'`.
 * @throws an error with every violation: the place, what was expected and, for an unknown key or name, the nearest valid one.
 */
export function parseOrExplain<S extends v.GenericSchema>(schema: S, data: unknown, what: string): v.InferOutput<S> {
  const { output, violations } = check(schema, data, { abortEarly: false });
  if (!violations) return output as v.InferOutput<S>;
  const lines = violations.flatMap((violation) => explain(violation, schema, data));
  throw new Error(`${what} is not valid:\n${lines.map((line) => `  - ${line}`).join('\n')}`);
}

/** ` Did you mean 'units'?` with the nearest candidate, or the list of candidates if none is near. */
export function didYouMean(name: string, candidates: readonly string[]): string {
  const [nearest] = [...candidates].sort((a, b) => distance(name, a) - distance(name, b));
  const near = nearest !== undefined && distance(name, nearest) <= Math.max(2, name.length / 3);
  return near ? ` Did you mean '${nearest}'?` : ` Valid are: ${candidates.join(', ')}.`;
}

function explain({ path, message, issue }: Violation, schema: v.GenericSchema, data: unknown): string[] {
  const at = pathText(path) || 'top level';
  if (isUnknownKey(issue)) {
    // valibot reports only the first unknown key.
    const parent = path.slice(0, -1);
    const valid = keysOf(schemaAt(schema, data, parent), valueAt(data, parent));
    const unknown = Object.keys(valueAt(data, parent) as object).filter((key) => !valid.includes(key));
    return unknown.map((key) => `${pathText(parent) || 'top level'}: unknown key '${key}'.${didYouMean(key, valid)}`);
  }
  if (issue.type === 'picklist' || issue.type === 'literal') {
    const valid = namesOf(schemaAt(schema, data, path));
    const { input } = issue;
    const hint = typeof input === 'string' ? didYouMean(input, valid) : ` Valid are: ${valid.join(', ')}.`;
    return [`${at}: ${JSON.stringify(input)} is not valid.${hint}`];
  }
  const union = issue.type === 'variant' && schemaAt(schema, data, path.slice(0, -1));
  if (union && union.type === 'variant') {
    const { key, options } = union as Variant;
    const names = options.flatMap((option) => namesOf(option.entries[key]));
    return [`${at}: unknown ${key} ${JSON.stringify(issue.input)}.${didYouMean(String(issue.input), names)}`];
  }
  return [`${at}: ${message}`];
}

type Schema = v.GenericSchema;
type ObjectLike = Schema & { entries: Record<string, Schema> };
type Variant = Schema & { key: string; options: readonly ObjectLike[] };

const valueAt = (data: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>((value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key], data);

/** Valid keys of an object. Of a variant: those of the option that the data select. */
function keysOf(schema: Schema | undefined, data: unknown): string[] {
  const object = schema?.type === 'variant' ? chosenOption(schema as Variant, data) : schema;
  return object && 'entries' in object ? Object.keys((object as ObjectLike).entries) : [];
}

/** Valid values of a literal or picklist. */
function namesOf(schema: Schema | undefined): string[] {
  if (!schema) return [];
  if ('literal' in schema) return [String(schema.literal)];
  return 'options' in schema && Array.isArray(schema.options) ? schema.options.map(String) : [];
}

/** The schema at a path through objects, lists, optional wrappers and the options of variants that the data select. */
function schemaAt(schema: Schema, data: unknown, path: readonly PropertyKey[]): Schema | undefined {
  if ('wrapped' in schema) return schemaAt(schema.wrapped as Schema, data, path);
  if ('getter' in schema) return schemaAt((schema as Schema & { getter: (input: unknown) => Schema }).getter(data), data, path);
  const [key, ...rest] = path;
  if (key === undefined) return schema;
  if (schema.type === 'variant') {
    const option = chosenOption(schema as Variant, data);
    return option && schemaAt(option, data, path);
  }
  const child = valueAt(data, [key]);
  if ('item' in schema) return schemaAt(schema.item as Schema, child, rest);
  const property = 'entries' in schema ? (schema as ObjectLike).entries[key as string] : undefined;
  return property && schemaAt(property, child, rest);
}

function chosenOption({ key, options }: Variant, data: unknown): ObjectLike | undefined {
  const chosen = String((data as Record<string, unknown> | undefined)?.[key]);
  return options.find((option) => namesOf(option.entries[key]).includes(chosen));
}
