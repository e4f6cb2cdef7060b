import { createHash, randomBytes } from 'node:crypto';
import type { ApiKey } from '../src/http/settings.ts';

/** The entry of a key for API_KEYS. It holds the key's hash, which does not reveal the key. */
export function describeKey(key: string, about: Omit<ApiKey, 'sha256'>): ApiKey {
  return { ...about, sha256: createHash('sha256').update(key).digest('hex') };
}

/** `unroll_{id}_{32 random bytes}` */
export const newKey = (id: string) => `unroll_${id}_${randomBytes(32).toString('base64url')}`;
