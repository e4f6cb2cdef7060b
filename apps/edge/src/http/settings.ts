import { parseOrThrow } from '@unroll/schema/check.ts';
import * as v from 'valibot';
import type { Bindings } from './bindings.ts';

const apiKey = v.strictObject({
  /** The key's name in logs. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  scopes: v.pipe(v.array(v.picklist(['predict', 'admin'])), v.minLength(1)),
  expires: v.optional(v.pipe(v.string(), v.isoTimestamp())),
});
export type ApiKey = v.InferOutput<typeof apiKey>;

const list = (text: string) => text.split(',').flatMap((part) => part.trim() || []);

const positive = v.pipe(v.union([v.number(), v.string()]), v.transform(Number), v.finite(), v.gtValue(0));

const settings = v.object({
  API_KEYS: v.pipe(v.optional(v.string(), '[]'), v.rawTransform(parsedJson), v.array(apiKey)),
  STATE_SECRET: v.pipe(
    v.optional(v.string(), ''),
    v.transform(list),
    v.array(v.pipe(v.string(), v.minLength(16, 'secrets have 16 characters or more'))),
  ),
  PREDICT_ACCESS: v.optional(v.picklist(['open', 'keys']), 'open'),
  CORS_ORIGINS: v.pipe(v.optional(v.string(), ''), v.transform(list)),
  MAX_MULTIPLY_ADDS: v.optional(positive, 4e9),
  MODEL_MEMORY_BYTES: v.optional(positive, 48 * 1024 * 1024),
});
export type Settings = v.InferOutput<typeof settings>;

const known = new WeakMap<object, Settings>();

/** The deployment's settings. @throws an error that names the wrong setting, never its value. */
export function settingsOf(bindings: Bindings): Settings {
  const read = known.get(bindings) ?? parse(bindings);
  known.set(bindings, read);
  return read;
}

const parse = (bindings: Bindings): Settings => parseOrThrow(settings, bindings, 'settings');

function parsedJson({ dataset, addIssue, NEVER }: v.RawTransformContext<string>): unknown {
  try {
    return JSON.parse(dataset.value);
  } catch {
    addIssue({ message: 'not JSON' });
    return NEVER;
  }
}
