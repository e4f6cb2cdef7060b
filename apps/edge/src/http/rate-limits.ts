import type { Bindings } from './bindings.ts';
import { ProblemError } from './problem.ts';

/** The `period` of the limits in wrangler.jsonc. */
const PERIOD_SECONDS = 60;

/** The kind of a rate limit: by address, by key, or by session. */
type Asker = { address: string } | { key: string } | { session: string };

/** @throws 'rate-limited' if this address, key or session is over its limit. A deployment without the bindings has no limit. */
export async function limitRate({ IP_LIMIT, KEY_LIMIT }: Bindings, by: Asker): Promise<void> {
  const [[kind, name] = ['', '']] = Object.entries(by);
  const limit = kind === 'address' ? IP_LIMIT : KEY_LIMIT;
  if (!limit || (await limit.limit({ key: `${kind} ${name}` })).success) return;
  const from = { address: 'from this address', key: 'with this key', session: 'in this session' }[kind];
  throw new ProblemError('rate-limited', `Too many requests ${from}. Wait ${PERIOD_SECONDS} seconds.`, {
    headers: { 'retry-after': String(PERIOD_SECONDS) },
  });
}
