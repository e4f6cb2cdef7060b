import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';

/** Every way in which a request can fail, with its HTTP status and title. The name is the end of the problem's `type`. */
export const problems = {
  'not-json': [400, 'Not JSON'],
  'cut-off': [400, 'Body Cut Off'],
  'key-missing': [401, 'API Key Missing'],
  'key-refused': [401, 'API Key Refused'],
  'scope-missing': [403, 'Scope Missing'],
  'origin-refused': [403, 'Origin Refused'],
  'not-found': [404, 'Not Found'],
  'model-not-found': [404, 'Model Not Found'],
  'admin-off': [404, 'Admin API Off'],
  'method-not-allowed': [405, 'Method Not Allowed'],
  'version-in-use': [409, 'Version In Use'],
  'nothing-to-roll-back': [409, 'Nothing To Roll Back'],
  'state-stale': [409, 'State Stale'],
  'session-of-another-version': [409, 'Session Of Another Version'],
  'in-progress': [409, 'Request In Progress'],
  conflict: [409, 'Conflict'],
  'body-too-large': [413, 'Body Too Large'],
  'over-budget': [413, 'Over Budget'],
  'unsupported-media-type': [415, 'Unsupported Media Type'],
  invalid: [422, 'Invalid Request'],
  'input-unreadable': [422, 'Input Unreadable'],
  'model-file-refused': [422, 'Model File Refused'],
  'state-invalid': [422, 'State Invalid'],
  'idempotency-key-reused': [422, 'Idempotency Key Reused'],
  'upgrade-required': [426, 'Upgrade Required'],
  'rate-limited': [429, 'Too Many Requests'],
  failed: [500, 'Internal Server Error'],
  'not-configured': [501, 'Not Configured'],
  'not-ready': [503, 'Not Ready'],
  'timed-out': [504, 'Timed Out'],
} as const satisfies Record<string, readonly [status: number, title: string]>;
export type ProblemName = keyof typeof problems;

/** `urn:unroll:problem:rate-limited` */
export const problemType = (name: ProblemName) => `urn:unroll:problem:${name}` as const;

/** RFC 9457 problem details, with the request's id. */
export const problemSchema = v.pipe(
  v.object({
    type: v.pipe(v.string(), v.description('A URN that names the kind of problem.'), v.examples(['urn:unroll:problem:model-not-found'])),
    title: v.string(),
    status: int,
    detail: v.pipe(v.string(), v.description('The expected input, the actual input, and the remedy.')),
    requestId: v.pipe(v.string(), v.description('Identifies the request in the logs.')),
    errors: v.exactOptional(
      v.pipe(v.array(v.object({ path: v.string(), message: v.string() })), v.description('The errors in the request, with their places.')),
    ),
  }),
  v.metadata({ id: 'Problem' }),
);
export type Problem = v.InferOutput<typeof problemSchema>;
