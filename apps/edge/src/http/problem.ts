import { type Problem, type ProblemName, problems, problemType } from '@unroll/api/problems.ts';
import { InputError } from '@unroll/model/input-error.ts';
import { check } from '@unroll/schema/check.ts';
import { HTTPException } from 'hono/http-exception';
import type * as v from 'valibot';

/** An error that becomes an HTTP answer. The message is sent to the client, so it must not contain secrets or the request's content. */
export class ProblemError extends HTTPException {
  readonly problem: ProblemName;
  readonly errors: Problem['errors'];
  /** Headers of the answer. */
  readonly headers: Record<string, string>;
  constructor(
    problem: ProblemName,
    detail: string,
    { errors, headers = {} }: { errors?: Problem['errors']; headers?: Record<string, string> } = {},
  ) {
    super(problems[problem][0], { message: detail });
    this.problem = problem;
    this.errors = errors;
    this.headers = headers;
  }
}

/** The problem for the client. Errors other than ProblemError become 'failed'. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof InputError) return new ProblemError('input-unreadable', error.message);
  return new ProblemError('failed', 'The server failed. Look up the request id in its logs.');
}

/** The answer application/problem+json. */
export function problemResponse({ problem, message, errors, headers }: ProblemError, requestId: string): Response {
  const [status, title] = problems[problem];
  const body: Problem = { type: problemType(problem), title, status, detail: message, requestId, ...(errors && { errors }) };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } });
}

/** @param methods of the path. GET implies HEAD. */
export function methodNotAllowed(methods: readonly string[]): ProblemError {
  const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return new ProblemError('method-not-allowed', `This path allows ${allow}.`, { headers: { allow } });
}

/** The data, parsed by the schema. @throws 'invalid' with the first violation and its place. */
export function parseOrRefuse<S extends v.GenericSchema>(schema: S, data: unknown, at: readonly PropertyKey[] = []): v.InferOutput<S> {
  const { output, violations } = check(schema, data, { abortEarly: true });
  if (!violations) return output as v.InferOutput<S>;
  const errors = violations.map(({ path, message }) => ({ path: [...at, ...path].map(tellable).join('.'), message }));
  throw new ProblemError('invalid', 'The request does not fit the schema at /openapi.json.', { errors });
}

/** Keys come from the client, so only plain words are sent back. */
const tellable = (key: PropertyKey) => (/^\w{1,40}$/.test(String(key)) ? String(key) : '…');
