/** What stands before the app without Cloudflare: addresses, rate limits, static files. */
import { describe, expect, test } from 'vitest';
import { createAssets } from './assets.ts';
import { clientAddress } from './client-address.ts';
import { createRateLimit } from './rate-limit.ts';

describe('the address of a client', () => {
  const addressOf = (clientIp: string | undefined, forwarded: string | undefined, behindProxy: boolean) => {
    const headers = { 'cf-connecting-ip': '6.6.6.6', ...(forwarded !== undefined && { 'x-forwarded-for': forwarded }) };
    const request = new Request('http://unroll.test/', { headers, ...(clientIp !== undefined && { cf: { clientIp } }) } as RequestInit);
    return clientAddress(request, { behindProxy });
  };

  test('is that of the connection, whatever the client claims', () => {
    expect(addressOf('192.0.2.1:5123', undefined, false)).toBe('192.0.2.1');
    expect(addressOf('[2001:db8::1]:5123', '6.6.6.6', false)).toBe('2001:db8::1');
    expect(addressOf(undefined, '6.6.6.6', false)).toBe('unknown');
  });

  test('is the one that the proxy added, not one before it', () => {
    expect(addressOf('127.0.0.1:5123', '6.6.6.6, 198.51.100.7', true)).toBe('198.51.100.7');
    expect(addressOf('127.0.0.1:5123', '2001:db8::7', true)).toBe('2001:db8::7');
    expect(addressOf('127.0.0.1:5123', undefined, true)).toBe('127.0.0.1');
    expect(addressOf('127.0.0.1:5123', ' ', true)).toBe('127.0.0.1');
  });
});

test('a rate limit counts each key in whole minutes', async () => {
  let now = 59_000;
  const limit = createRateLimit(2, () => now);
  const allowed = async (key: string) => (await limit.limit({ key })).success;
  expect([await allowed('a'), await allowed('a'), await allowed('a'), await allowed('b')]).toEqual([true, true, false, true]);
  now = 60_000;
  expect([await allowed('a'), await allowed('a'), await allowed('a')]).toEqual([true, true, false]);
});

describe('static files', () => {
  const list = { '/index.html': { type: 'text/html', etag: '"1"' }, '/docs/index.html': { type: 'text/html', etag: '"2"' } };
  const disk = { fetch: async (input: RequestInfo | URL) => new Response(`file ${new URL(input as string).pathname}`) };
  const get = (path: string, headers: HeadersInit = {}) => createAssets(disk, list).fetch(`http://unroll.test${path}`, { headers });

  test('a folder is its index.html', async () => {
    for (const path of ['/', '/index.html']) expect(await (await get(path)).text()).toBe('file /index.html');
    for (const path of ['/docs', '/docs/', '/docs?a=1']) expect(await (await get(path)).text()).toBe('file /docs/index.html');
  });

  test('only files of the list reach the disk', async () => {
    for (const path of ['/secret', '/constructor', '/__proto__', '/docs/..%2findex.html', '//', '/docs//', '/%00']) {
      expect((await get(path)).status).toBe(404);
    }
  });

  test('have entity tags', async () => {
    const { headers } = await get('/');
    expect([headers.get('etag'), headers.get('content-type')]).toEqual(['"1"', 'text/html']);
    for (const tags of ['"1"', 'W/"1"', '"0", "1"']) expect((await get('/', { 'if-none-match': tags })).status).toBe(304);
    expect((await get('/', { 'if-none-match': '"2"' })).status).toBe(200);
  });
});
