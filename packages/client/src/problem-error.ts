import type { Problem, ProblemName } from '@unroll/api/problems.ts';
import { retryAfter } from './retrying-fetch.ts';

const PREFIX = 'urn:unroll:problem:';

/** A refusal of the API: `name` is the kind of problem, `message` the reason, `status` the HTTP status. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  /** Finds the request in the server's logs. */
  readonly requestId: string | undefined;
  /** The errors, with their places in the request. */
  readonly errors: Problem['errors'];
  /** The time of the next attempt, if the server gave one. */
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

  /** Whether this is a problem of that kind. */
  is(name: ProblemName): boolean {
    return this.name === name;
  }
}

/** The problem in an unsuccessful answer. */
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
