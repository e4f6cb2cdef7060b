import { type Problem, type ProblemName, problems, problemType } from '@unroll/api/problems.ts';
import { InputError } from '@unroll/model/input-error.ts';
import { check } from '@unroll/schema/check.ts';
import { HTTPException } from 'hono/http-exception';
import type * as v from 'valibot';

/** An error with the HTTP answer it deserves. Its message is sent: nothing secret in it, and nothing that the asker sent. */
export class ProblemError extends HTTPException {
  readonly problem: ProblemName;
  readonly errors: Problem['errors'];
  /** Sent with it. */
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

/** What an error is to the asker. Only what is meant for them is told; the rest is a failure of ours. */
export function asProblem(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof InputError) return new ProblemError('input-unreadable', error.message);
  return new ProblemError('failed', 'Something failed here. The request id finds it in the logs.');
}

/** The answer application/problem+json. */
export function problemResponse({ problem, message, errors, headers }: ProblemError, requestId: string): Response {
  const [status, title] = problems[problem];
  const body: Problem = { type: problemType(problem), title, status, detail: message, requestId, ...(errors && { errors }) };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/problem+json', ...headers } });
}

/** @param methods that the path has; GET brings HEAD. */
export function methodNotAllowed(methods: readonly string[]): ProblemError {
  const allow = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).join(', ');
  return new ProblemError('method-not-allowed', `This path has the methods ${allow}.`, { headers: { allow } });
}

/** Data that fits the schema. @throws 'invalid' with the first thing that is wrong, and where. */
export function parseOrRefuse<S extends v.GenericSchema>(schema: S, data: unknown, at: readonly PropertyKey[] = []): v.InferOutput<S> {
  const { output, violations } = check(schema, data, { abortEarly: true });
  if (!violations) return output as v.InferOutput<S>;
  const errors = violations.map(({ path, message }) => ({ path: [...at, ...path].map(tellable).join('.'), message }));
  throw new ProblemError('invalid', 'The request does not fit the schema at /openapi.json.', { errors });
}

/** Keys come from the asker: plain words are told back, anything else is not. */
const tellable = (key: PropertyKey) => (/^\w{1,40}$/.test(String(key)) ? String(key) : '…');
