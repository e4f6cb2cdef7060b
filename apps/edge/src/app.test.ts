/** The whole app inside workerd: real bindings, real WASM, real HTTP objects. */
import { env, exports } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyModel } from './testing/tiny-model.ts';

const ORIGIN = 'https://unroll.test';

const call = (path: string, init?: RequestInit) => exports.default.fetch(new Request(ORIGIN + path, init));
const post = (path: string, body: unknown) =>
  call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

let digest = '';
beforeAll(async () => {
  const tiny = await tinyModel('tiny');
  digest = tiny.digest;
  const both = await tinyModel('both-ways', [{ type: 'bidirectional', layer: { type: 'lstm', units: 3 } }]);
  const damaged = tiny.bytes.slice();
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
  await env.MODELS.put('models/tiny.safetensors', tiny.bytes);
  await env.MODELS.put('models/both-ways.safetensors', both.bytes);
  await env.MODELS.put('models/damaged.safetensors', damaged);
});

interface Body {
  predictions: {
    labels: string[];
    probabilities: Record<string, number>;
    steps?: { token: string; probabilities: Record<string, number> }[];
  }[];
  model: { name: string; digest: string };
  timing: { milliseconds: number };
}

describe('predict', () => {
  test('answers each input in order, with the digest and the time', async () => {
    const response = await post('/v1/models/tiny/predict', { inputs: ['The food was good!', 'bad service'] });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('server-timing')).toMatch(/^predict;dur=/);
    const { predictions, model, timing } = (await response.json()) as Body;
    expect(model).toEqual({ name: 'tiny', digest });
    expect(timing.milliseconds).toBeGreaterThanOrEqual(0);
    expect(predictions).toHaveLength(2);
    for (const { labels, probabilities } of predictions) {
      const { negative = 0, positive = 0 } = probabilities;
      expect(negative + positive).toBeCloseTo(1, 6);
      expect(labels).toEqual([positive > negative ? 'positive' : 'negative']);
    }
    expect(predictions[0]).not.toEqual(predictions[1]);
  });

  test('answers after every word when asked', async () => {
    const text = 'The food, was GOOD';
    const { predictions } = (await (await post('/v1/models/tiny/predict', { inputs: [text], everyStep: true })).json()) as Body;
    const steps = predictions[0]?.steps ?? [];
    expect(steps.map(({ token }) => token)).toEqual(['the', 'food', 'was', 'good']);
    const prefix = (await (await post('/v1/models/tiny/predict', { inputs: ['the food'] })).json()) as Body;
    expect(steps[1]?.probabilities.positive).toBeCloseTo(prefix.predictions[0]?.probabilities.positive ?? 0, 5);
  });

  test('answers empty, unknown and strange text', async () => {
    const inputs = ['', '   ', '日本語 👍🏽', '\u0000\ud800', 'x'.repeat(4000), 'word '.repeat(700)];
    const response = await post('/v1/models/tiny/predict', { inputs });
    expect(response.status).toBe(200);
    expect(((await response.json()) as Body).predictions).toHaveLength(inputs.length);
  });

  test('answers 64 inputs, and many requests at once the same', async () => {
    const inputs = Array.from({ length: 64 }, (_, i) => `the food ${i % 2 ? 'was good' : 'was not good'}`);
    const responses = await Promise.all(Array.from({ length: 8 }, () => post('/v1/models/tiny/predict', { inputs })));
    const bodies = (await Promise.all(responses.map((response) => response.json()))) as Body[];
    for (const { predictions } of bodies) expect(predictions).toEqual(bodies[0]?.predictions);
  });
});

describe('models', () => {
  test('are listed and described', async () => {
    expect(await (await call('/v1/models')).json()).toEqual({ models: [{ name: 'both-ways' }, { name: 'damaged' }, { name: 'tiny' }] });
    expect(await (await call('/v1/models/tiny')).json()).toMatchObject({
      name: 'tiny',
      digest,
      labels: ['negative', 'positive'],
      metrics: { accuracy: 0.5 },
      weights: { dtype: 'int8' },
      everyStep: true,
      spec: { input: { type: 'tokens', maxLength: 20 } },
    });
  });
});

describe('every error is problem+json with a request id', () => {
  const inputs = ['fine'];
  const cases: [string, () => Promise<Response>, number, RegExp][] = [
    ['no such model', () => post('/v1/models/absent/predict', { inputs }), 404, /no model 'absent'/],
    ['a path trick', () => post('/v1/models/..%2Ftiny/predict', { inputs }), 422, /schema/],
    ['no such route', () => call('/v2/x'), 404, /GET \/openapi.json lists/],
    ['another method', () => call('/v1/models', { method: 'DELETE' }), 404, /no DELETE/],
    ['not JSON', () => post('/v1/models/tiny/predict', '{"inputs": ['), 400, /JSON/],
    ['no body', () => call('/v1/models/tiny/predict', { method: 'POST' }), 422, /schema/],
    [
      'another content type',
      () => call('/v1/models/tiny/predict', { method: 'POST', body: 'inputs=x', headers: { 'content-type': 'text/plain' } }),
      415,
      /./,
    ],
    ['no inputs', () => post('/v1/models/tiny/predict', { inputs: [] }), 422, /schema/],
    ['65 inputs', () => post('/v1/models/tiny/predict', { inputs: new Array(65).fill('x') }), 422, /schema/],
    ['a number for a text', () => post('/v1/models/tiny/predict', { inputs: [1] }), 422, /schema/],
    ['a text too long', () => post('/v1/models/tiny/predict', { inputs: ['x'.repeat(4001)] }), 422, /schema/],
    ['an unknown key', () => post('/v1/models/tiny/predict', { inputs, model: 'x' }), 422, /schema/],
    ['a body too large', () => post('/v1/models/tiny/predict', { inputs: ['x'.repeat(1_200_000)] }), 413, /Send fewer/],
    [
      'every step of a model that reads backwards',
      () => post('/v1/models/both-ways/predict', { inputs, everyStep: true }),
      422,
      /backwards/,
    ],
    ['a damaged model file', () => post('/v1/models/damaged/predict', { inputs }), 500, /request id/],
  ];
  test.each(cases)('%s', async (_, send, status, detail) => {
    const response = await send();
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    const problem = (await response.json()) as Record<string, string>;
    expect(problem).toMatchObject({ type: 'about:blank', status, requestId: response.headers.get('x-request-id') });
    expect(problem.title).toBeTruthy();
    expect(problem.detail).toMatch(detail);
    expect(JSON.stringify(problem)).not.toMatch(/\.ts:|node_modules/);
  });

  test('a schema problem says where', async () => {
    const problem = (await (await post('/v1/models/tiny/predict', { inputs: ['a', 5] })).json()) as { errors: { path: string }[] };
    expect(problem.errors).toEqual([{ path: 'inputs.1', message: expect.stringContaining('string') }]);
  });
});

test('a model published later is found', async () => {
  expect((await call('/v1/models/late')).status).toBe(404);
  await env.MODELS.put('models/late.safetensors', (await tinyModel('late')).bytes);
  expect((await call('/v1/models/late')).status).toBe(200);
});

test('the OpenAPI document names every route, and docs and health answer', async () => {
  const document = (await (await call('/openapi.json')).json()) as { openapi: string; paths: Record<string, unknown> };
  expect(document.openapi).toBe('3.1.0');
  expect(Object.keys(document.paths).sort()).toEqual(['/v1/models', '/v1/models/{name}', '/v1/models/{name}/predict']);
  const docs = await call('/docs');
  expect(docs.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(await docs.text()).toContain('swagger-ui-bundle.js');
  expect(await (await call('/healthz')).json()).toEqual({ status: 'ok' });
});
