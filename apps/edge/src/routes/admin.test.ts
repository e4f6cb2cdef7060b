/** Publishing inside workerd, into a real (local) R2 bucket. */
import { env } from 'cloudflare:workers';
import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY, EXPIRED_KEY, PREDICT_KEY } from '../testing/keys.ts';
import { type TinyModel, tinyModel } from '../testing/tiny-model.ts';
import { admin, call, callWith, expectProblem, json, jsonOf, post } from '../testing/worker.ts';

let first: TinyModel;
let second: TinyModel;
beforeAll(async () => {
  first = await tinyModel('reviews', { seed: 1 });
  second = await tinyModel('reviews', { seed: 2 });
});

const put = (name: string, body: BodyInit, headers: Record<string, string> = {}) =>
  admin('PUT', `/v1/models/${name}/versions`, body, headers);
const sendJson = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  admin('POST', path, JSON.stringify(body), { 'content-type': 'application/json', ...headers });
const point = (name: string, alias: string, digest: string) => sendJson(`/v1/models/${name}/aliases`, { alias, digest });
const answering = async (reference: string) => {
  const response = await post(`/v1/models/${reference}/predict`, { inputs: ['the food'] });
  return response.status === 200 ? (await jsonOf<{ model: { digest: string } }>(response)).model.digest : response.status;
};
const filesOf = async (name: string) =>
  (await env.MODELS.list({ prefix: `models/${name}/` })).objects.map(({ key }) => key.split('/').at(-1));

test('a model is published, pointed to, rolled back and deleted', async () => {
  const published = await put('reviews', first.bytes);
  expect(published.status).toBe(201);
  expect(await published.json()).toMatchObject({
    name: 'reviews',
    created: true,
    version: { digest: first.digest, bytes: first.bytes.length, task: 'classify', metrics: { accuracy: 0.5 } },
    aliases: { latest: first.digest },
  });
  expect(await answering('reviews')).toBe(first.digest);

  // The same file again changes nothing, not even where `latest` points.
  await put('reviews', second.bytes);
  const again = await put('reviews', first.bytes);
  expect(again.status).toBe(200);
  expect(await again.json()).toMatchObject({ created: false, aliases: { latest: second.digest } });
  expect(await answering('reviews')).toBe(second.digest);
  expect(await answering(`reviews@${first.digest}`)).toBe(first.digest);

  // A name alone means `stable` once there is one.
  await point('reviews', 'stable', first.digest);
  expect([await answering('reviews'), await answering('reviews@latest')]).toEqual([first.digest, second.digest]);
  await point('reviews', 'stable', second.digest);
  expect(await answering('reviews@stable')).toBe(second.digest);
  const back = await admin('POST', '/v1/models/reviews/aliases/stable/rollback');
  expect(await back.json()).toEqual({ name: 'reviews', alias: 'stable', digest: first.digest });
  expect(await answering('reviews')).toBe(first.digest);
  await expectProblem(await admin('POST', '/v1/models/reviews/aliases/stable/rollback'), 'nothing-to-roll-back');

  const { versions, aliases } = await jsonOf<{ versions: { digest: string }[]; aliases: object }>(
    await call('/v1/models/reviews/versions'),
  );
  expect(versions.map(({ digest }) => digest)).toEqual([second.digest, first.digest]);
  expect(aliases).toEqual({ latest: second.digest, stable: first.digest });

  const used = await admin('DELETE', `/v1/models/reviews/versions/${first.digest}`);
  await expectProblem(used, 'version-in-use', /stable/);
  await point('reviews', 'stable', second.digest);
  expect((await admin('DELETE', `/v1/models/reviews/versions/${first.digest}`)).status).toBe(204);
  expect(await answering(`reviews@${first.digest}`)).toBe(404);
  expect(await filesOf('reviews')).toEqual([`${second.digest}.safetensors`]);
  await expectProblem(await admin('POST', '/v1/models/reviews/aliases/stable/rollback'), 'nothing-to-roll-back');

  expect((await admin('DELETE', '/v1/models/reviews')).status).toBe(204);
  expect(await answering('reviews')).toBe(404);
  expect(await filesOf('reviews')).toEqual([]);
  await expectProblem(await admin('DELETE', '/v1/models/reviews'), 'model-not-found');
});

test('descriptions have entity tags: cached for good by digest, revalidated by name', async () => {
  await put('tagged', first.bytes);
  const byName = await call('/v1/models/tagged');
  expect(byName.headers.get('cache-control')).toBe('public, no-cache');
  const etag = byName.headers.get('etag') ?? '';
  expect(etag).toBe(`"${first.digest}"`);
  expect(await byName.json()).toMatchObject({
    name: 'tagged',
    task: 'classify',
    labels: ['negative', 'positive'],
    everyStep: true,
    weights: { dtype: 'int8' },
    input: {
      anyOf: [
        { type: 'string', maxLength: 20_000 },
        { type: 'object', required: ['text'] },
      ],
    },
    spec: { input: { type: 'tokens', maxLength: 20 } },
  });
  expect((await call('/v1/models/tagged', { headers: { 'if-none-match': `"x", W/${etag}` } })).status).toBe(304);
  const byDigest = await call(`/v1/models/tagged@${first.digest}`);
  expect(byDigest.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  const { models } = await jsonOf<{ models: { name: string }[] }>(await call('/v1/models'));
  expect(models).toContainEqual({
    name: 'tagged',
    task: 'classify',
    digest: first.digest,
    builtIn: false,
    aliases: { latest: first.digest },
  });
});

test('two publish at once: both versions are there, and each file is whole', async () => {
  const models = await Promise.all(Array.from({ length: 5 }, (_, seed) => tinyModel('raced', { seed: 20 + seed })));
  const answers = await Promise.all(models.map(({ bytes }) => put('raced', bytes)));
  expect(answers.map(({ status }) => status)).toEqual(models.map(() => 201));
  const { versions } = await jsonOf<{ versions: { digest: string }[] }>(await call('/v1/models/raced/versions'));
  expect(new Set(versions.map(({ digest }) => digest))).toEqual(new Set(models.map(({ digest }) => digest)));
  for (const { digest } of models) expect(await answering(`raced@${digest}`)).toBe(digest);
});

describe('an invalid file leaves nothing behind', () => {
  const changed = async (change: Partial<TinyModel['artifact']>) => (await encodeArtifact({ ...first.artifact, ...change })).bytes;
  const dropouts = (count: number) => Array.from({ length: count }, () => ({ type: 'dropout', rate: 0.1 }));
  const empty = (count: number): TinyModel['artifact']['weights'] =>
    Object.fromEntries(
      Array.from({ length: count }, (_, i) => [`extra${i}`, { dtype: 'float32', shape: [0], values: new Float32Array(0) }]),
    );
  const damaged = () => first.bytes.map((byte, i) => (i === first.bytes.length - 1 ? byte ^ 1 : byte));
  const cases: [string, () => Promise<BodyInit> | BodyInit, Parameters<typeof expectProblem>[1], RegExp][] = [
    ['no bytes', () => new Uint8Array(0), 'model-file-refused', /truncated/],
    ['not safetensors', () => 'hello, is this a model?', 'model-file-refused', /safetensors: /],
    ['damaged', damaged, 'model-file-refused', /wrong digest/],
    ['cut off in a way that is not told', () => first.bytes.slice(0, 700), 'model-file-refused', /truncated/],
    [
      'another spec',
      async () =>
        (await encodeArtifact({ ...first.artifact, spec: { ...first.artifact.spec, task: { type: 'classify', labels: ['a', 'b', 'c'] } } }))
          .bytes,
      'model-file-refused',
      /expected the last layer to give 3 units/,
    ],
    [
      'a weight missing',
      async () => {
        const { 'gru_0/kernel': _, ...weights } = first.artifact.weights;
        return (await encodeArtifact({ ...first.artifact, weights })).bytes;
      },
      'model-file-refused',
      /weight 'gru_0\/kernel' \[6,15\] is missing/,
    ],
    [
      'more layers than a model can use',
      () => changed({ spec: { ...first.artifact.spec, layers: dropouts(100_000) } }),
      'model-file-refused',
      /layers: expected at most 256 items/,
    ],
    [
      'weights that no layer uses',
      () => changed({ weights: { ...first.artifact.weights, ...empty(3) } }),
      'model-file-refused',
      /uses the weight 'extra0' \(and 2 more\)/,
    ],
    [
      'more tensors than a model can use',
      () => changed({ weights: { ...first.artifact.weights, ...empty(100_000) } }),
      'model-file-refused',
      /1000\d\d tensors; a model has 10000 at most/,
    ],
    ['too large', () => new Uint8Array(26 * 1024 * 1024), 'body-too-large', /over 26214400 bytes/],
  ];
  test.each(cases)('%s', async (_, body, name, detail) => {
    await expectProblem(await put('refused', await body()), name, detail);
    expect(await answering('refused')).toBe(404);
    expect(await filesOf('refused')).toEqual([]);
  });

  test('an upload that breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      start(controller) {
        controller.enqueue(first.bytes.slice(0, 500));
        controller.error(new Error('gone'));
      },
    });
    const headers = { authorization: `Bearer ${ADMIN_KEY}` };
    const response = await callWith({}, '/v1/models/refused/versions', { method: 'PUT', body: broken, headers });
    await expectProblem(response, 'cut-off', /had no effect/);
    expect(await filesOf('refused')).toEqual([]);
  });

  test('a compressed one', async () => {
    await expectProblem(await put('refused', first.bytes, { 'content-encoding': 'gzip' }), 'unsupported-media-type', /uncompressed/);
  });

  test('a name with tricks', async () => {
    for (const name of ['..%2F..%2Findex', 'UPPER', '.hidden', 'a%00', `${'x'.repeat(65)}`, '%F0%9F%98%80']) {
      await expectProblem(await put(name, first.bytes), 'invalid');
    }
  });
});

describe('Idempotency-Key', () => {
  const headers = { 'idempotency-key': 'deploy-42' };

  test('the second request gets the first one’s answer and has no effect', async () => {
    await put('once', first.bytes);
    await put('once', second.bytes);
    await point('once', 'stable', first.digest);
    await point('once', 'stable', second.digest);
    await point('once', 'stable', first.digest);
    const back = () => admin('POST', '/v1/models/once/aliases/stable/rollback', undefined, headers);
    const answers = [await back(), await back()];
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual(
      [1, 2].map(() => ({ name: 'once', alias: 'stable', digest: second.digest })),
    );
    expect(answers.map((answer) => answer.headers.get('idempotency-replayed'))).toEqual([null, 'true']);
    expect(await answering('once')).toBe(second.digest);
    const other = await admin('POST', '/v1/models/once/aliases/latest/rollback', undefined, headers);
    await expectProblem(other, 'idempotency-key-reused');
  });

  test('sent twice at the same time: one runs, the other must wait; failures may be retried', async () => {
    const same = { 'idempotency-key': 'deploy-43' };
    const answers = await Promise.all([1, 2, 3].map(() => put('at-once', first.bytes, same)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(
      1 + statuses.filter((_, i) => answers[i]?.headers.get('idempotency-replayed')).length,
    );
    expect(statuses.every((status) => status === 201 || status === 409)).toBe(true);
    const failing = { 'idempotency-key': 'deploy-44' };
    await expectProblem(await admin('DELETE', '/v1/models/not-yet', undefined, failing), 'model-not-found');
    await put('not-yet', first.bytes);
    expect((await admin('DELETE', '/v1/models/not-yet', undefined, failing)).status).toBe(204);
  });
});

describe('keys', () => {
  const as = (key: string): RequestInit => ({ method: 'PUT', body: first.bytes, headers: { authorization: `Bearer ${key}` } });
  const path = '/v1/models/keyed/versions';

  test('are required, recognized by their hashes, scoped, and expire', async () => {
    await expectProblem(await call(path, { method: 'PUT', body: first.bytes }), 'key-missing', /Authorization: Bearer/);
    const wrong = await call(path, as(`${ADMIN_KEY}x`));
    expect(wrong.headers.get('www-authenticate')).toBe('Bearer');
    await expectProblem(wrong, 'key-refused');
    await expectProblem(await call(path, as(EXPIRED_KEY)), 'key-refused');
    await expectProblem(await call(path, as(PREDICT_KEY)), 'scope-missing', /admin/);
    await expectProblem(await call(path, { ...as(''), headers: { authorization: 'Basic YTpi' } }), 'key-refused');
    expect(env.API_KEYS).not.toContain(ADMIN_KEY);
  });

  test('without one that may publish, the admin API is off', async () => {
    const off = { API_KEYS: '[]' };
    await expectProblem(await callWith(off, path, { method: 'PUT', body: first.bytes }), 'admin-off');
    await expectProblem(await callWith(off, '/metrics'), 'admin-off');
  });

  test('are required for predictions too if the deployment is set so', async () => {
    await put('keyed', first.bytes);
    const keyed = { PREDICT_ACCESS: 'keys' };
    const ask = '/v1/models/keyed/predict';
    await expectProblem(await callWith(keyed, ask, json({ inputs: ['x'] })), 'key-missing');
    await expectProblem(await callWith(keyed, ask, json({ inputs: ['x'] }, { authorization: `Bearer ${ADMIN_KEY}` })), 'scope-missing');
    // A key for publishing may also list versions.
    for (const read of ['/v1/models', '/v1/models/keyed', '/v1/models/keyed/versions']) {
      await expectProblem(await callWith(keyed, read), 'key-missing');
      expect((await callWith(keyed, read, { headers: { authorization: `Bearer ${ADMIN_KEY}` } })).status).toBe(200);
    }
    const bearer = { authorization: `Bearer ${PREDICT_KEY}` };
    expect((await callWith(keyed, ask, json({ inputs: ['x'] }, bearer))).status).toBe(200);
    const described = await callWith(keyed, '/v1/models/keyed', { headers: bearer });
    expect(described.headers.get('cache-control')).toBe('private, no-cache');
  });

  test('settings that are wrong are named, their values are not', async () => {
    const errors: string[] = [];
    const { error } = console;
    console.error = (line: string) => errors.push(line);
    try {
      await expectProblem(await callWith({ API_KEYS: '[{"id": "x", "sha256": "s3cret"}]' }, '/healthz'), 'failed');
    } finally {
      console.error = error;
    }
    expect(errors.join()).toMatch(/settings: API_KEYS\[0\]\.sha256/);
    expect(errors.join()).not.toContain('s3cret');
  });
});

test('without a bucket there are built-in models only', async () => {
  const without = { MODELS: undefined };
  const response = await callWith(without, '/v1/models/reviews/versions', {
    method: 'PUT',
    body: first.bytes,
    headers: { authorization: `Bearer ${ADMIN_KEY}` },
  });
  await expectProblem(response, 'not-configured', /bind MODELS/);
});
