import { parseOrThrow } from '@unroll/schema/check.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Bucket, PutOptions } from './bucket.ts';
import { ProblemError } from './problem.ts';

const HEADER = 'idempotency-key';
const PREFIX = 'idempotency/';
/** How long an answer is replayed. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A request that has not finished after this time counts as dead. */
const DEAD_MS = 2 * 60 * 1000;

const record = v.object({
  /** SHA-256 of the request's method, path and content. */
  fingerprint: v.string(),
  at: finite,
  /** Missing while the first request runs. */
  answer: v.optional(v.object({ status: int, body: v.nullable(v.string()) })),
});
type Stored = v.InferOutput<typeof record>;

/**
 * Writes once for each Idempotency-Key of a caller and replays the first answer to later requests with that key. Without the header it
 * only writes. A failure is forgotten, so the caller can retry. Source: draft-ietf-httpapi-idempotency-key-header.
 * @param content tells requests of one method and path apart, for example the body's digest.
 * @throws 'idempotency-key-reused' if another request had the key, 'in-progress' if the same request still runs.
 */
export async function once(
  bucket: Bucket | undefined,
  request: Request,
  { caller, content }: { caller: string; content: string },
  write: () => Promise<Response>,
): Promise<Response> {
  const key = request.headers.get(HEADER);
  if (!key || !bucket) return write();
  const place = PREFIX + (await sha256(`${caller}\n${key.slice(0, 255)}`));
  const fingerprint = await sha256(`${request.method} ${new URL(request.url).pathname}\n${content}`);
  const put = (stored: Stored, onlyIf?: PutOptions['onlyIf']) => bucket.put(place, JSON.stringify(stored), { ...(onlyIf && { onlyIf }) });

  const found = await bucket.get(place);
  const before = found && parseOrThrow(record, await found.json(), place);
  const age = before ? Date.now() - before.at : Number.POSITIVE_INFINITY;
  if (before?.answer && age < KEPT_MS) {
    if (before.fingerprint !== fingerprint) {
      throw new ProblemError('idempotency-key-reused', 'Another request had this Idempotency-Key. Use a new one.');
    }
    const { status, body } = before.answer;
    return new Response(body, { status, headers: { 'content-type': 'application/json', 'idempotency-replayed': 'true' } });
  }
  const atWork = before && age < DEAD_MS;
  const unclaimed = found ? { etagMatches: found.etag } : new Headers({ 'if-none-match': '*' });
  if (atWork || !(await put({ fingerprint, at: Date.now() }, unclaimed))) {
    throw new ProblemError('in-progress', 'A request with this Idempotency-Key still runs. Retry in 2 seconds for its answer.', {
      headers: { 'retry-after': '2' },
    });
  }
  try {
    const response = await write();
    const body = response.status === 204 ? null : await response.clone().text();
    await put({ fingerprint, at: Date.now(), answer: { status: response.status, body } });
    return response;
  } catch (error) {
    await bucket.delete(place);
    throw error;
  }
}

async function sha256(text: string): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))).toHex();
}
