/** Stands in for zod's reader of JSON Schema, 4 KB compressed: the Worker writes such schemas and reads none. */
export function fromJSONSchema(): never {
  throw new Error('zod.fromJSONSchema is not part of this bundle');
}
