import type { Scope } from '@unroll/api/endpoint.ts';
import { ProblemError } from './problem.ts';
import type { ApiKey, Settings } from './settings.ts';

/** Stands for every caller without a key. */
export const ANYONE = 'anyone';

/**
 * The entry of the request's key; undefined without a key. The Worker holds only hashes of keys. A key is 32 random bytes, so a plain SHA-256 is safe. All
 * hashes are compared in constant time.
 * @throws 'key-refused' if the key is unknown or has expired.
 */
export async function identify(sent: string | undefined, { API_KEYS }: Settings, now: Date): Promise<ApiKey | undefined> {
  if (sent === undefined) return undefined;
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sent));
  let found: ApiKey | undefined;
  for (const key of API_KEYS) {
    if (crypto.subtle.timingSafeEqual(hash, fromHex(key.sha256))) found = key;
  }
  if (!found || (found.expires && Date.parse(found.expires) <= now.getTime())) {
    throw new ProblemError('key-refused', 'The API key is unknown or has expired. Ask the operator of this deployment for a new one.', {
      headers: CHALLENGE,
    });
  }
  return found;
}

/** @throws 'admin-off', 'key-missing' or 'scope-missing' if the key does not allow the operation. */
export function requireScope(key: ApiKey | undefined, scope: Scope | 'read', { API_KEYS, PREDICT_ACCESS }: Settings): void {
  if (scope === 'admin' && !API_KEYS.some(({ scopes }) => scopes.includes('admin'))) {
    throw new ProblemError('admin-off', 'The admin API is off: no key with the scope `admin` is configured.');
  }
  if (scope !== 'admin' && PREDICT_ACCESS === 'open') return;
  if (!key) throw new ProblemError('key-missing', 'Send an API key: Authorization: Bearer <key>.', { headers: CHALLENGE });
  if (scope !== 'read' && !key.scopes.includes(scope))
    throw new ProblemError('scope-missing', `The API key does not have the scope \`${scope}\`.`);
}

/** The key in an Authorization header. @throws 'key-refused' if it has another form. */
export function bearerOf(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, key] = /^Bearer +(\S{1,200})$/i.exec(header) ?? [];
  if (!key) throw new ProblemError('key-refused', 'Expected Authorization: Bearer <key>.', { headers: CHALLENGE });
  return key;
}

const CHALLENGE = { 'www-authenticate': 'Bearer' };

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
