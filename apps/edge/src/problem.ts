import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { z } from 'zod';

/** RFC 9457 problem details, with the request's id. */
export const problemSchema = z.object({
  /** "about:blank": the title says it all. */
  type: z.string(),
  title: z.string(),
  status: z.int(),
  detail: z.string(),
  requestId: z.string(),
  /** What is wrong where in the request's body. */
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
});

const titles: Partial<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** An error with the HTTP answer it deserves. Its message is sent; put nothing secret in it. */
export class ProblemError extends Error {
  readonly status: ContentfulStatusCode;
  constructor(status: ContentfulStatusCode, detail: string) {
    super(detail);
    this.status = status;
  }
}

/** The answer application/problem+json. */
export function problem(c: Context, status: ContentfulStatusCode, detail: string, errors?: { path: string; message: string }[]): Response {
  const requestId = String(c.get('requestId') ?? '');
  const title = titles[status] ?? 'Error';
  const body = { type: 'about:blank', title, status, detail, requestId, ...(errors && { errors }) };
  return c.body(JSON.stringify(body satisfies z.infer<typeof problemSchema>), status, { 'content-type': 'application/problem+json' });
}
