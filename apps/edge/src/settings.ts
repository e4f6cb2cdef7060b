import * as z from 'zod';
import type { Bindings } from './bindings.ts';

const apiKey = z.strictObject({
  /** Names it in logs. */
  id: z.string().regex(/^[a-z0-9-]{1,40}$/),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  scopes: z.array(z.enum(['predict', 'admin'])).min(1),
  expires: z.iso.datetime().optional(),
});
export type ApiKey = z.infer<typeof apiKey>;

const list = (text: string) => text.split(',').flatMap((part) => part.trim() || []);

const settings = z.object({
  API_KEYS: z.string().default('[]').transform(parseJson).pipe(z.array(apiKey)),
  STATE_SECRET: z
    .string()
    .default('')
    .transform(list)
    .pipe(z.array(z.string().min(16, 'secrets have 16 characters or more'))),
  PREDICT_ACCESS: z.enum(['open', 'keys']).default('open'),
  CORS_ORIGINS: z.string().default('').transform(list),
  MAX_MULTIPLY_ADDS: z.coerce.number().positive().default(4e9),
  MODEL_MEMORY_BYTES: z.coerce
    .number()
    .positive()
    .default(48 * 1024 * 1024),
});
export type Settings = z.infer<typeof settings>;

const known = new WeakMap<object, Settings>();

/** The deployment's settings. @throws an error that names the one that is wrong, and never its value. */
export function settingsOf(bindings: Bindings): Settings {
  const read = known.get(bindings) ?? parse(bindings);
  known.set(bindings, read);
  return read;
}

function parse(bindings: Bindings): Settings {
  const result = settings.safeParse(bindings);
  if (result.success) return result.data;
  throw new Error(`settings: ${result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')}`);
}

function parseJson(text: string, context: z.RefinementCtx): unknown {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: 'custom', message: 'not JSON' });
    return z.NEVER;
  }
}
