/** Rate limits, CORS, request ids, logs and counters, inside workerd. */
import { env } from 'cloudflare:workers';
import { endpoints } from '@unroll/api/endpoints.ts';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { PREDICT_KEY } from './testing/keys.ts';
import { tinyModel } from './testing/tiny-model.ts';
import { admin, call, callWith, earlyInTheMinute, expectProblem, json, post, seed } from './testing/worker.ts';

beforeAll(async () => seed('tiny', await tinyModel('tiny')));

const path = '/v1/models/tiny/predict';

describe('rate limits', () => {
  beforeEach(earlyInTheMinute);

  test('an address over its limit gets a Retry-After; others are not affected', async () => {
    const ask = (address: string) => callWith({ IP_LIMIT: env.TEST_LIMIT }, path, json({ inputs: ['x'] }, { 'cf-connecting-ip': address }));
    const statuses: number[] = [];
    for (let i = 0; i < 5; i++) statuses.push((await ask('203.0.113.1')).status);
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const refused = await ask('203.0.113.1');
    expect(refused.headers.get('retry-after')).toBe('60');
    await expectProblem(refused, 'rate-limited', /from this address/);
    expect((await ask('203.0.113.2')).status).toBe(200);
  });

  test('a request with a key counts against the key alone; one with a wrong key against its address', async () => {
    const ask = (key: string) =>
      callWith(
        { IP_LIMIT: env.TEST_LIMIT, KEY_LIMIT: undefined },
        path,
        json({ inputs: ['x'] }, { authorization: `Bearer ${key}`, 'cf-connecting-ip': '203.0.113.7' }),
      );
    for (let i = 0; i < 8; i++) expect((await ask(PREDICT_KEY)).status).toBe(200);
    for (let i = 0; i < 5; i++) await expectProblem(await ask(`${PREDICT_KEY}x`), 'key-refused');
    await expectProblem(await ask(`${PREDICT_KEY}x`), 'rate-limited', /from this address/);
    expect((await ask(PREDICT_KEY)).status).toBe(200);
  });

  test('a key has its own limit, independent of the address', async () => {
    const ask = (i: number) =>
      callWith(
        { KEY_LIMIT: env.TEST_LIMIT },
        path,
        json({ inputs: ['x'] }, { authorization: `Bearer ${PREDICT_KEY}`, 'cf-connecting-ip': `198.51.100.${i}` }),
      );
    for (let i = 0; i < 5; i++) expect((await ask(i)).status).toBe(200);
    await expectProblem(await ask(9), 'rate-limited', /with this key/);
  });
});

describe('other origins', () => {
  const CORS_ORIGINS = 'https://app.test, https://other.test';
  const asking = (origin: string) => json({ inputs: ['x'] }, { origin });

  test('are allowed if listed, and get no CORS headers if not', async () => {
    const allowed = await callWith({ CORS_ORIGINS }, path, asking('https://app.test'));
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.test');
    expect(allowed.headers.get('access-control-expose-headers')).toContain('x-request-id');
    for (const origin of ['https://evil.test', 'https://app.test.evil.test', 'null']) {
      const refused = await callWith({ CORS_ORIGINS }, path, asking(origin));
      expect(refused.headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await call(path, asking('https://app.test'))).headers.get('access-control-allow-origin')).toBeNull();
  });

  test('send a preflight request', async () => {
    const headers = {
      origin: 'https://other.test',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    const leave = await callWith({ CORS_ORIGINS }, path, { method: 'OPTIONS', headers });
    expect(leave.status).toBe(204);
    expect(leave.headers.get('access-control-allow-headers')).toContain('authorization');
  });
});

test('headers keep browsers from taking an answer for a page', async () => {
  for (const response of [await post(path, { inputs: ['x'] }), await call('/v1/models/absent'), await call('/')]) {
    const policy = response.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('strict-transport-security')).toMatch(/max-age=\d+/);
  }
});

describe('request ids', () => {
  test('are the client’s if they are plain, otherwise new', async () => {
    const own = await call('/healthz', { headers: { 'x-request-id': 'trace-12345678' } });
    expect(own.headers.get('x-request-id')).toBe('trace-12345678');
    const strange = await call('/healthz', { headers: { 'x-request-id': '<script>alert(1)</script>' } });
    expect(strange.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('find failures in the logs, which contain nothing of the request', async () => {
    const lines: string[] = [];
    const log = vi.spyOn(console, 'log').mockImplementation((line) => void lines.push(String(line)));
    const secret = 'my very private review';
    const response = await post(path, { inputs: [secret, 5], [secret]: 1 });
    log.mockRestore();
    const { requestId } = await expectProblem(response, 'invalid');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] as string)).toMatchObject({ requestId, method: 'POST', route: '/v1/models/{model}/predict', status: 422 });
    expect(lines.join() + JSON.stringify(response)).not.toContain('private');
  });
});

test('counters count by route and never by content', async () => {
  await post(path, { inputs: ['x'] });
  await call('/v1/models/absent');
  const metrics = await admin('GET', '/metrics');
  expect(metrics.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const text = await metrics.text();
  expect(text).toMatch(/^unroll_requests_total\{method="POST",route="\/v1\/models\/\{model\}\/predict",status="200"\} \d+$/m);
  expect(text).toMatch(/^unroll_requests_total\{method="GET",route="\/v1\/models\/\{model\}",status="404"\} \d+$/m);
  expect(text).toMatch(/^unroll_request_seconds_bucket\{le="\+Inf"\} \d+$/m);
  expect(text).toMatch(/^unroll_inputs_answered_total \d+$/m);
  expect(text).not.toContain('absent');
});

test('static files are the page and its parts, and no model', async () => {
  for (const hidden of ['/models/index.json', '/models/sentiment/index.json', '/models/', '//models/index.json', '/%6dodels%2findex.json'])
    await expectProblem(await call(hidden), 'not-found');
  expect(await (await call('/')).text()).toContain('<h1>Unroll</h1>');
  expect((await call('/openapi.json')).headers.get('content-type')).toContain('application/json');
  expect((await call('/docs/')).headers.get('content-security-policy')).toContain("style-src 'self' 'unsafe-inline'");
});

describe('methods', () => {
  const paths = [...Map.groupBy(Object.values(endpoints), ({ path }) => path)].map(([path, same]) => {
    const methods = same.map(({ method }) => method.toUpperCase());
    return [path, methods.includes('GET') ? [...methods, 'HEAD'] : methods] as const;
  });
  const cases: (readonly [string, string[]])[] = [...paths, ['/', ['GET', 'HEAD']], ['/openapi.json', ['GET', 'HEAD']]];

  test.each(cases)('of %s are %s; others get 405', async (at, methods) => {
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].filter((one) => !methods.includes(one))) {
      const response = await call(at.replaceAll(/\{\w+\}/g, 'tiny'), { method });
      expect((response.headers.get('allow') ?? '').split(', ').sort()).toEqual([...methods].sort());
      if (method !== 'HEAD') await expectProblem(response, 'method-not-allowed');
    }
  });

  test('of a path that is not there are 404', async () => {
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
      for (const at of ['/v1/nothing', '/v1/models/tiny/nothing', '/nothing.html']) {
        await expectProblem(await call(at, { method }), 'not-found');
      }
    }
  });
});
