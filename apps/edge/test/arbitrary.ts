import fc from 'fast-check';

/** As much of JSON Schema 2020-12 as packages/api writes. */
export interface JsonSchema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: unknown[];
  anyOf?: JsonSchema[];
  properties?: Record<string, JsonSchema>;
  required?: string[];
  additionalProperties?: JsonSchema | false;
  items?: JsonSchema;
  minItems?: number;
  maxItems?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
}

/** Keeps what is generated small: a request must stay within the limits of a body. */
const MOST = 6;

/** Values that fit a schema. @param follow finds a reference. */
export function arbitraryOf(schema: JsonSchema, follow: (reference: string) => JsonSchema): fc.Arbitrary<unknown> {
  const of = (inner: JsonSchema) => arbitraryOf(inner, follow);
  if (schema.$ref !== undefined) return of(follow(schema.$ref));
  if ('const' in schema) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf) return fc.oneof(...schema.anyOf.map(of));
  switch (schema.type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return fc.integer({ min: Math.max(schema.minimum ?? -1e6, -1e6), max: Math.min(schema.maximum ?? 1e6, 1e6) });
    case 'number': {
      const min = schema.exclusiveMinimum ?? schema.minimum ?? -1e6;
      const range = { min, max: schema.maximum ?? 1e6, noNaN: true, minExcluded: schema.exclusiveMinimum !== undefined };
      return fc.double(range);
    }
    case 'string':
      return textOf(schema);
    case 'array':
      return fc.array(of(schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: Math.min(schema.maxItems ?? MOST, MOST) });
    case 'object': {
      const { properties = {}, required = [], additionalProperties } = schema;
      const own = fc.record(Object.fromEntries(Object.entries(properties).map(([name, inner]) => [name, of(inner)])), {
        requiredKeys: required,
      });
      if (!additionalProperties) return own;
      return fc
        .tuple(own, fc.dictionary(fc.string({ maxLength: 8 }), of(additionalProperties), { maxKeys: 4 }))
        .map(([a, b]) => ({ ...b, ...a }));
    }
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function textOf({ pattern, minLength = 0, maxLength = 200 }: JsonSchema): fc.Arbitrary<string> {
  const sized = { minLength, maxLength: Math.min(maxLength, 200) };
  if (pattern === undefined) return fc.string(sized);
  // Names have patterns to generate from. The pattern of texts lists the characters that they may not hold.
  if (!pattern.startsWith('^[^')) return fc.stringMatching(new RegExp(pattern));
  const allowed = new RegExp(pattern, 'u');
  return fc.string({ ...sized, unit: 'grapheme' }).filter((text) => allowed.test(text));
}
