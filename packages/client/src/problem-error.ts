import type { Problem, ProblemName } from '@unroll/api/problems.ts';
import { retryAfter } from './retrying-fetch.ts';

const PREFIX = 'urn:unroll:problem:';

/** The API refused: `name` says why in a word, `message` in a sentence, `status` in HTTP. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  /** Finds the request in the server's logs. */
  readonly requestId: string | undefined;
  /** What is wrong where in the request. */
  readonly errors: Problem['errors'];
  /** When the server will answer again, if it said so. */
  readonly retryAt: Date | undefined;
  constructor(
    { type, title, status, detail, requestId, errors }: Pick<Problem, 'type' | 'title' | 'detail'> & Partial<Problem>,
    retryAt?: Date,
  ) {
    const comeBack = retryAt ? ` Come back at ${retryAt.toISOString()}.` : '';
    super(`${title}: ${detail}${comeBack}${(errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join('')}`);
    this.name = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
    this.title = title;
    this.status = status ?? 0;
    this.requestId = requestId;
    this.errors = errors;
    this.retryAt = retryAt;
  }

  /** Whether it is this problem. */
  is(name: ProblemName): boolean {
    return this.name === name;
  }
}

/** The problem in an answer that is no success. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  const wait = retryAfter(response);
  const retryAt = wait === undefined ? undefined : new Date(Date.now() + wait);
  const type = response.headers.get('content-type');
  if (type?.startsWith('application/problem+json')) return new ProblemError(JSON.parse(text) as Problem, retryAt);
  const detail = `The answer has no problem details, but ${text.length} characters of ${type ?? 'no type'}.`;
  const title = response.statusText || 'Unexpected Answer';
  return new ProblemError({ type: 'about:blank', title, status: response.status, detail }, retryAt);
}
