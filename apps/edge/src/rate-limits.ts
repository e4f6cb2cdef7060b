import type { Bindings } from './bindings.ts';
import { ProblemError } from './problem.ts';

/** The period of both limits in wrangler.jsonc. */
const PERIOD_SECONDS = 60;

/** @throws 'rate-limited' when this address, or this key, has asked too often. Without the bindings there is no limit. */
export async function limitRate({ IP_LIMIT, KEY_LIMIT }: Bindings, by: { address: string } | { key: string }): Promise<void> {
  const [limit, key] = 'key' in by ? [KEY_LIMIT, by.key] : [IP_LIMIT, by.address];
  if (!limit || (await limit.limit({ key })).success) return;
  const whose = 'key' in by ? 'with this key' : 'from this address';
  throw new ProblemError('rate-limited', `Too many requests ${whose}. Wait ${PERIOD_SECONDS} seconds.`, {
    headers: { 'retry-after': String(PERIOD_SECONDS) },
  });
}
