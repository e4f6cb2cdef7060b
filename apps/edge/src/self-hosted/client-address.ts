/**
 * The address of a request's client: of the connection, or, behind a proxy, the one that the proxy added to X-Forwarded-For last. Anything
 * before that one was sent by the client.
 */
export function clientAddress(request: Request, { behindProxy }: { behindProxy: boolean }): string {
  const forwarded = behindProxy ? request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim() : undefined;
  if (forwarded) return forwarded;
  // workerd gives the address with its port: 192.0.2.1:5123 or [2001:db8::1]:5123.
  const { clientIp = '' } = (request.cf ?? {}) as { clientIp?: string };
  return clientIp.replace(/:\d+$/, '').replace(/^\[|\]$/g, '') || 'unknown';
}
