import type { Problem, ProblemName } from '@unroll/api/problems.ts';

const PREFIX = 'urn:unroll:problem:';

/** The API said no: `name` tells why in a word, `message` in a sentence, `status` in HTTP. */
export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  /** Finds the request in the server's logs. */
  readonly requestId: string | undefined;
  /** What is wrong where in the request. */
  readonly errors: Problem['errors'];
  constructor({ type, title, status, detail, requestId, errors }: Pick<Problem, 'type' | 'title' | 'detail'> & Partial<Problem>) {
    super(`${title}: ${detail}${(errors ?? []).map(({ path, message }) => `\n  ${path}: ${message}`).join('')}`);
    this.name = type.startsWith(PREFIX) ? type.slice(PREFIX.length) : type;
    this.title = title;
    this.status = status ?? 0;
    this.requestId = requestId;
    this.errors = errors;
  }

  /** Whether it is this problem. */
  is(name: ProblemName): boolean {
    return this.name === name;
  }
}

/** What an answer that is no success says. */
export async function problemOf(response: Response): Promise<ProblemError> {
  const text = await response.text();
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) return new ProblemError(JSON.parse(text) as Problem);
  const detail = `no problem details came with it, but ${text.length} characters of ${response.headers.get('content-type') ?? 'no type'}`;
  return new ProblemError({ type: 'about:blank', title: response.statusText || 'Unexpected answer', status: response.status, detail });
}
