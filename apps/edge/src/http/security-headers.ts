import type { MiddlewareHandler } from 'hono';

const everywhere = {
  'strict-transport-security': 'max-age=15552000; includeSubDomains',
  'x-content-type-options': 'nosniff',
};
/** Keeps browsers from rendering an answer of the API as a page. */
const forApi = { ...everywhere, 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" };

/** The defaults of hono/secure-headers, without its kilobyte in the bundle, and a content security policy for pages. */
const forPage = (policy: string) => ({
  ...everywhere,
  'content-security-policy': `default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; ${policy}`,
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'x-dns-prefetch-control': 'off',
  'x-frame-options': 'SAMEORIGIN',
});
const forPages = forPage("style-src 'self'; img-src 'self'");
/** Swagger UI sets style attributes and draws from data: images. */
const forDocs = forPage("style-src 'self' 'unsafe-inline'; img-src 'self' data:");

/** Adds the security headers of an answer, by its path. */
export const securityHeaders: MiddlewareHandler = async (c, next) => {
  await next();
  const { path } = c.req;
  const headers = path.startsWith('/v1/') ? forApi : path.startsWith('/docs') ? forDocs : forPages;
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
};
