import { parseOrThrow } from '@unroll/schema/check.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { ProblemError } from './problem.ts';

const HEADER = 'idempotency-key';
const PREFIX = 'idempotency/';
/** An answer is repeated this long. */
const KEPT_MS = 24 * 60 * 60 * 1000;
/** A request that began and never ended is taken for dead after this long. */
const DEAD_MS = 2 * 60 * 1000;

const record = v.object({
  /** Of what was asked: method, path and body. */
  fingerprint: v.string(),
  at: finite,
  /** Missing while the first request is at work. */
  answer: v.optional(v.object({ status: int, body: v.nullable(v.string()) })),
});
type Stored = v.InferOutput<typeof record>;

/**
 * Does a write once for each Idempotency-Key of a caller, and answers repetitions as it answered the first. Without the header it
 * just does it. Source: draft-ietf-httpapi-idempotency-key-header. Failures are not kept: they may be tried again.
 * @param content what else tells requests apart beside method and path, a body's digest say.
 * @throws 'idempotency-key-reused' where another request had the key, 'in-progress' where the same one is at work.
 */
export async function once(
  bucket: R2Bucket | undefined,
  request: Request,
  { caller, content }: { caller: string; content: string },
  write: () => Promise<Response>,
): Promise<Response> {
  const key = request.headers.get(HEADER);
  if (!key || !bucket) return write();
  const place = PREFIX + (await sha256(`${caller}\n${key.slice(0, 255)}`));
  const fingerprint = await sha256(`${request.method} ${new URL(request.url).pathname}\n${content}`);
  const put = (stored: Stored, onlyIf?: R2Conditional | Headers) =>
    bucket.put(place, JSON.stringify(stored), { ...(onlyIf && { onlyIf }) } as R2PutOptions);

  const found = await bucket.get(place);
  const before = found && parseOrThrow(record, await found.json(), place);
  const age = before ? Date.now() - before.at : Number.POSITIVE_INFINITY;
  if (before?.answer && age < KEPT_MS) {
    if (before.fingerprint !== fingerprint) {
      throw new ProblemError('idempotency-key-reused', 'The Idempotency-Key was sent with another request. Use a new one.');
    }
    const { status, body } = before.answer;
    return new Response(body, { status, headers: { 'content-type': 'application/json', 'idempotency-replayed': 'true' } });
  }
  const atWork = before && age < DEAD_MS;
  const unclaimed = found ? { etagMatches: found.etag } : new Headers({ 'if-none-match': '*' });
  if (atWork || !(await put({ fingerprint, at: Date.now() }, unclaimed))) {
    throw new ProblemError('in-progress', 'A request with this Idempotency-Key is at work. Wait for its answer.', {
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
