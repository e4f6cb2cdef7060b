/** Sessions inside workerd: real WebSockets, a real Durable Object, evicted for real. */

import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { type SessionAnswer, type SessionRequest, sessionAnswer } from '@unroll/api/session.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { PREDICT_KEY } from './testing/keys.ts';
import { tinyForecaster, tinyModel } from './testing/tiny-model.ts';
import { call, callWith, earlyInTheMinute, expectProblem, jsonOf, ORIGIN, post, seed } from './testing/worker.ts';

const versions: string[] = [];
beforeAll(async () => {
  for (const seedOf of [1, 2]) {
    const model = await tinyModel('tiny', { seed: seedOf });
    versions.push(model.digest);
    await seed('tiny', model);
  }
  await seed('load', await tinyForecaster('load'));
});

const upgrade = { upgrade: 'websocket' };
const path = (id: string, query: string) => `/v1/sessions/${id}?${query}`;

/** A client of a session that sends frames and receives answers in turn. */
async function connect(response: Response) {
  expect(response.status).toBe(101);
  const socket = response.webSocket as WebSocket;
  const heard: SessionAnswer[] = [];
  const waiting: ((answer: SessionAnswer) => void)[] = [];
  const closed = new Promise<CloseEvent>((resolve) => socket.addEventListener('close', resolve));
  socket.addEventListener('message', ({ data }) => {
    const answer = data === 'pong' ? (data as never) : v.parse(sessionAnswer, JSON.parse(String(data)));
    const next = waiting.shift();
    if (next) next(answer);
    else heard.push(answer);
  });
  socket.accept();
  const next = () => {
    const answer = heard.shift();
    return answer ? Promise.resolve(answer) : new Promise<SessionAnswer>((resolve) => waiting.push(resolve));
  };
  const raw = (frame: string | ArrayBuffer) => {
    socket.send(frame);
    return next();
  };
  return { socket, closed, next, raw, hello: await next(), push: (request: SessionRequest) => raw(JSON.stringify(request)) };
}
const open = async (id: string, query = 'model=tiny') => connect(await call(path(id, query), { headers: upgrade }));

const positive = (answer: unknown) => (answer as { prediction: { probabilities: { positive: number } } }).prediction.probabilities.positive;
async function whole(text: string, model = 'tiny') {
  const { predictions } = await jsonOf<{ predictions: unknown[] }>(await post(`/v1/models/${model}/predict`, { inputs: [text] }));
  return positive({ prediction: predictions[0] });
}
const stubOf = (id: string) => env.SESSIONS.get(env.SESSIONS.idFromName(`anyone:${id}`));

describe('a session', () => {
  test('answers each piece as the whole so far', async () => {
    const session = await open('word-by-word');
    expect(session.hello).toEqual({ model: { name: 'tiny', digest: versions[1] }, steps: 0 });
    let text = '';
    for (const [i, word] of ['the', 'food', 'was', 'not', 'good'].entries()) {
      text += ` ${word}`;
      const answer = await session.push({ input: word, id: i });
      expect(answer).toMatchObject({ steps: i + 1, id: i });
      expect(positive(answer)).toBeCloseTo(await whole(text), 5);
    }
    const several = await session.push({ input: 'bad service', everyStep: true });
    expect(several).toMatchObject({ steps: 7, prediction: { steps: [{ token: 'bad' }, { token: 'service' }] } });
    expect(await session.push({ reset: true })).toEqual({ reset: true, steps: 0 });
    expect(positive(await session.push({ input: 'bad' }))).toBeCloseTo(await whole('bad'), 5);
    expect(await session.raw('ping')).toBe('pong');
  });

  test('keeps simultaneous frames in order', async () => {
    const session = await open('all-at-once');
    const answers = await Promise.all(['the', 'food', 'was', 'good'].map((input, id) => session.push({ input, id })));
    expect(answers.map((answer) => ('id' in answer ? answer.id : undefined))).toEqual([0, 1, 2, 3]);
    expect(positive(answers[3])).toBeCloseTo(await whole('the food was good'), 5);
  });

  test('forecasts a row at a time', async () => {
    const session = await open('a-row-at-a-time', 'model=load');
    const rows = [
      { load: [10], hour: [0, 1, 2] },
      { load: [12], hour: [1, 2, 3] },
    ];
    await session.push({ input: rows[0] as object as never });
    const answer = await session.push({ input: rows[1] as object as never });
    const all = { load: [10, 12], hour: [0, 1, 2, 3] };
    const { predictions } = await jsonOf<{ predictions: { forecast: { load: number[][] } }[] }>(
      await post('/v1/models/load/predict', { inputs: [all] }),
    );
    const { forecast } = (answer as unknown as { prediction: { forecast: { load: number[][] } } }).prediction;
    for (const [h, levels] of forecast.load.entries()) {
      for (const [q, value] of levels.entries()) expect(value).toBeCloseTo(predictions[0]?.forecast.load[h]?.[q] as number, 4);
    }
  });

  test('continues after its socket hibernated, and in a new connection', async () => {
    const session = await open('hibernates-123');
    await session.push({ input: 'the food' });
    await evictDurableObject(stubOf('hibernates-123'));
    const answer = await session.push({ input: 'was good' });
    expect(answer).toMatchObject({ steps: 4 });
    expect(positive(answer)).toBeCloseTo(await whole('the food was good'), 5);
    session.socket.close(1000);
    const again = await open('hibernates-123');
    expect(again.hello).toMatchObject({ steps: 4 });
    expect(positive(await again.push({ input: 'bad' }))).toBeCloseTo(await whole('the food was good bad'), 5);
  });

  test('of another version is refused, or starts over with onVersionChange=reset', async () => {
    const session = await open('versions-123', `model=tiny@${versions[0]}`);
    await session.push({ input: 'the food' });
    await expectProblem(
      await call(path('versions-123', 'model=tiny'), { headers: upgrade }),
      'session-of-another-version',
      /onVersionChange=reset/,
    );
    const same = await open('versions-123', `model=tiny@${versions[0]}`);
    expect(same.hello).toMatchObject({ steps: 2 });
    const anew = await open('versions-123', 'model=tiny&onVersionChange=reset');
    expect(anew.hello).toEqual({ model: { name: 'tiny', digest: versions[1] }, steps: 0 });
  });

  test('is forgotten when it was idle for a day, and not before', async () => {
    const session = await open('idle-123456');
    await session.push({ input: 'the food' });
    const stub = stubOf('idle-123456');
    await runDurableObjectAlarm(stub);
    expect(await session.push({ input: 'was' })).toMatchObject({ steps: 3 });
    await runInDurableObject(stub, async (_, { storage }) => {
      const kept = await storage.get<object>('session');
      await storage.put('session', { ...kept, lastUsed: Date.now() - 25 * 60 * 60 * 1000 });
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    expect((await session.closed).code).toBe(1001);
    expect((await open('idle-123456')).hello).toMatchObject({ steps: 0 });
  });

  test('belongs to the key that began it, which browsers send as a protocol', async () => {
    const keyed = { PREDICT_ACCESS: 'keys' };
    const asBrowser = { ...upgrade, 'sec-websocket-protocol': `unroll.v1, unroll.key.${PREDICT_KEY}` };
    const to = path('belongs-123', 'model=tiny');
    await expectProblem(await callWith(keyed, to, { headers: upgrade }), 'key-missing');
    const response = await callWith(keyed, to, { headers: asBrowser });
    expect(response.headers.get('sec-websocket-protocol')).toBe('unroll.v1');
    const session = await connect(response);
    await session.push({ input: 'the food' });
    expect((await open('belongs-123')).hello).toMatchObject({ steps: 0 });
  });
});

describe('bad frames and requests', () => {
  test('the answer to a frame that is too long reports how much was read; a frame with nothing to read begins no session', async () => {
    const session = await open('long-frame-12');
    expect(await session.push({ input: '' })).toMatchObject({ problem: { type: 'urn:unroll:problem:input-unreadable' } });
    expect(await session.push({ input: 'good '.repeat(50) })).toMatchObject({ prediction: { truncated: { read: 20, of: 50 } }, steps: 20 });
    const next = await session.push({ input: '' });
    expect(next).toMatchObject({ steps: 20 });
    expect(next).not.toHaveProperty('prediction.truncated');
  });

  test('a bad frame gets a problem with its id, as over HTTP, and the session continues', async () => {
    const session = await open('bad-frames-1');
    await session.push({ input: 'the food' });
    const overHttp = async (body: object) => {
      const { detail, errors } = await expectProblem(await post('/v1/models/tiny/predict', body), 'invalid');
      return { detail, errors: errors?.map(({ path, message }) => ({ path: path.replace(/^inputs\.0/, 'input'), message })) };
    };
    const cases: [frame: object, body: object][] = [
      [{ input: 5 }, { inputs: [5] }],
      [{ input: null }, { inputs: [null] }],
      [{ input: 'a\u0001b' }, { inputs: ['a\u0001b'] }],
      [{ input: { load: [1] } }, { inputs: [{ load: [1] }] }],
      [
        { input: 'x', everyStep: 'yes' },
        { inputs: ['x'], everyStep: 'yes' },
      ],
      [
        { input: 'x', unknown: 1 },
        { inputs: ['x'], unknown: 1 },
      ],
    ];
    for (const [i, [frame, body]] of cases.entries()) {
      const told = { type: 'urn:unroll:problem:invalid', title: 'Invalid Request', ...(await overHttp(body)) };
      expect(await session.raw(JSON.stringify({ ...frame, id: i }))).toEqual({ problem: told, id: i });
    }
    expect(await session.push({ input: 'was good' })).toMatchObject({ steps: 4 });
  });

  test('a frame with an unreadable id gets a problem without an id', async () => {
    const session = await open('bad-frames-2');
    const cases: [string, string, object][] = [
      ['{"input": ', 'not-json', {}],
      [`{"input": ${'['.repeat(50)}${']'.repeat(50)}, "id": 1}`, 'invalid', {}],
      ['5', 'invalid', { errors: [{ path: '', message: 'expected an object, got a number' }] }],
      ['null', 'invalid', { errors: [{ path: '', message: 'expected an object, got null' }] }],
      ['{}', 'invalid', { errors: [{ path: 'input', message: 'missing' }] }],
      ['{"reset": 1}', 'invalid', { errors: [{ path: 'reset', message: 'expected true, got a number' }] }],
      ['{"input": "x", "id": "one"}', 'invalid', { errors: [{ path: 'id', message: 'expected a number, got a text' }] }],
      ['{"input": "x", "id": 1.5}', 'invalid', { errors: [{ path: 'id', message: 'expected a whole number' }] }],
    ];
    for (const [frame, name, told] of cases) {
      const answer = await session.raw(frame);
      expect(answer).toMatchObject({ problem: { type: `urn:unroll:problem:${name}`, ...told } });
      expect(answer).not.toHaveProperty('id');
    }
  });

  test('a session over its rate limit gets a problem, and loses nothing', async () => {
    await earlyInTheMinute();
    const session = await open('too-fast-123');
    const frames = Array.from({ length: 310 }, (_, id) => session.push({ input: 'the', id }));
    const answers = await Promise.all(frames);
    expect(answers.filter((answer) => 'prediction' in answer)).toHaveLength(300);
    expect(answers.at(-1)).toMatchObject({
      problem: { type: 'urn:unroll:problem:rate-limited', detail: expect.stringContaining('in this session') },
      id: 309,
    });
    expect((await open('too-fast-123')).hello).toMatchObject({ steps: 300 });
  });

  test('an oversized or binary frame ends the connection, not the session', async () => {
    const large = await open('oversized-1');
    await large.push({ input: 'the food' });
    large.socket.send(`{"input": "${'x'.repeat(70_000)}"}`);
    expect((await large.closed).code).toBe(1009);
    const binary = await open('oversized-1');
    expect(binary.hello).toMatchObject({ steps: 2 });
    binary.socket.send(new ArrayBuffer(8));
    expect((await binary.closed).code).toBe(1003);
  });

  test('requests that are no session', async () => {
    const plain = await call(path('plain-123456', 'model=tiny'));
    expect(plain.headers.get('upgrade')).toBe('websocket');
    await expectProblem(plain, 'upgrade-required');
    await expectProblem(await call(path('short', 'model=tiny'), { headers: upgrade }), 'invalid');
    await expectProblem(await call(path('no-model-123', ''), { headers: upgrade }), 'invalid');
    await expectProblem(await call(path('absent-123', 'model=absent'), { headers: upgrade }), 'model-not-found');
    const strange = { ...upgrade, origin: 'https://elsewhere.test' };
    await expectProblem(await call(path('origin-123', 'model=tiny'), { headers: strange }), 'origin-refused', /CORS_ORIGINS/);
    expect(
      (await callWith({ CORS_ORIGINS: 'https://elsewhere.test' }, path('origin-123', 'model=tiny'), { headers: strange })).status,
    ).toBe(101);
    expect((await call(path('origin-456', 'model=tiny'), { headers: { ...upgrade, origin: ORIGIN } })).status).toBe(101);
    await expectProblem(await callWith({ SESSIONS: undefined }, path('none-12345', 'model=tiny'), { headers: upgrade }), 'not-configured');
  });
});
