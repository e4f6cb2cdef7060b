/** Predictions inside workerd: real bindings, real WASM, real HTTP objects. */
import { env } from 'cloudflare:workers';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyForecaster, tinyModel, tinyRegressor, tinyTable, tinyWriter } from '../testing/tiny-model.ts';
import { admin, call, callWith, expectProblem, json, jsonOf, post, seed } from '../testing/worker.ts';

let digest = '';
beforeAll(async () => {
  const tiny = await tinyModel('tiny');
  digest = tiny.digest;
  await seed('tiny', tiny);
  await seed('both-ways', await tinyModel('both-ways', { layers: [{ type: 'bidirectional', layer: { type: 'lstm', units: 3 } }] }));
  await seed('load', await tinyForecaster('load'));
  await seed('writer', await tinyWriter('writer'));
  await seed('petals', await tinyTable('petals'));
  await seed('prices', await tinyRegressor('prices'));
  const damaged = tiny.bytes.slice();
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] as number) ^ 1;
  await seed('damaged', { ...(await tinyModel('damaged', { seed: 7 })), bytes: damaged });
});

interface Body {
  predictions: {
    labels: string[];
    probabilities: Record<string, number>;
    steps?: { token: string; unknown?: true; probabilities: Record<string, number> }[];
    truncated?: { read: number; of: number };
  }[];
  model: { name: string; digest: string };
  timing: { milliseconds: number };
  state?: string;
}
const predict = async (body: unknown, model = 'tiny') => jsonOf<Body>(await post(`/v1/models/${model}/predict`, body));

test('a regressor answers in the units of the data, and after each column', async () => {
  const inputs = [{ length: 53, width: 20 }, [49, 31]];
  const response = await post('/v1/models/prices/predict', { inputs, everyStep: true });
  expect(response.status).toBe(200);
  const { predictions } = (await response.json()) as { predictions: { values: Record<string, number>; steps: { values: object }[] }[] };
  expect(predictions).toHaveLength(2);
  for (const { values, steps } of predictions) {
    expect(Object.keys(values)).toEqual(['price', 'days']);
    expect(Math.abs((values.price as number) - 200)).toBeLessThan(400);
    expect(steps).toHaveLength(2);
    expect(steps[1]?.values).toEqual(values);
  }
});

describe('a classifier', () => {
  test('answers each input in order, with the digest and the time', async () => {
    const response = await post('/v1/models/tiny/predict', { inputs: ['The food was good!', 'bad service'] });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(response.headers.get('server-timing')).toMatch(/^predict;dur=/);
    const { predictions, model, timing } = await jsonOf<Body>(response);
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

  test('answers after every word with everyStep', async () => {
    const { predictions } = await predict({ inputs: ['The food, was GOOD'], everyStep: true });
    const steps = predictions[0]?.steps ?? [];
    expect(steps.map(({ token }) => token)).toEqual(['the', 'food', 'was', 'good']);
    const prefix = await predict({ inputs: ['the food'] });
    expect(steps[1]?.probabilities.positive).toBeCloseTo(prefix.predictions[0]?.probabilities.positive ?? 0, 5);
  });

  test('marks the words that are outside the vocabulary', async () => {
    const { predictions } = await predict({ inputs: ['the zorblax food'], everyStep: true });
    expect(predictions[0]?.steps?.map(({ token, unknown }) => [token, unknown])).toEqual([
      ['the', undefined],
      ['zorblax', true],
      ['food', undefined],
    ]);
  });

  test('answers unknown and strange text', async () => {
    const inputs = ['日本語 👍🏽', 'tab\tand\r\nline', 'x'.repeat(4000), 'word '.repeat(700)];
    expect((await predict({ inputs })).predictions).toHaveLength(inputs.length);
  });

  test('reports how much of a long text it read, and omits this if it read all', async () => {
    const inputs = ['good '.repeat(50), 'good '.repeat(20)];
    const { predictions } = await predict({ inputs, everyStep: true });
    expect(predictions.map(({ truncated }) => truncated)).toEqual([{ read: 20, of: 50 }, undefined]);
  });

  test('refuses a text with nothing to read, and names it', async () => {
    for (const nothing of ['', '   ', '!?']) {
      const response = await post('/v1/models/tiny/predict', { inputs: ['good', nothing] });
      await expectProblem(response, 'input-unreadable', /^input 1 holds no token/);
    }
  });

  test('reads the row of a table by name', async () => {
    const { predictions } = await predict({ inputs: ['the food was good', { stars: 5, text: 'the food was good' }] });
    expect(predictions[1]).toEqual(predictions[0]);
  });

  test('answers 64 inputs, and many requests at once the same', async () => {
    const inputs = Array.from({ length: 64 }, (_, i) => `the food ${i % 2 ? 'was good' : 'was not good'}`);
    const bodies = await Promise.all(Array.from({ length: 8 }, () => predict({ inputs })));
    for (const { predictions } of bodies) expect(predictions).toEqual(bodies[0]?.predictions);
  });
});

describe('other tasks, by the same route', () => {
  test('a forecast', async () => {
    const columns = { load: [10, 11, 12], hour: [1, 2, 3, 4, 5] };
    const { predictions } = await jsonOf<{ predictions: unknown[] }>(await post('/v1/models/load/predict', { inputs: [columns, columns] }));
    const three = [expect.any(Number), expect.any(Number), expect.any(Number)];
    expect(predictions).toEqual([1, 2].map(() => ({ forecast: { load: [three, three] }, quantiles: [0.1, 0.5, 0.9] })));
  });

  test('the row of a table, by column name or in order', async () => {
    const rows = [{ shape: 'round', width: 30, length: 60 }, [60, 30]];
    const { predictions } = await predict({ inputs: rows }, 'petals');
    expect(predictions[0]).toEqual({ labels: [expect.any(String)], probabilities: expect.any(Object) });
    expect(predictions[1]).toEqual(predictions[0]);
    const missing = await expectProblem(await post('/v1/models/petals/predict', { inputs: [rows[0], { length: 60 }] }), 'invalid');
    expect(missing.errors).toEqual([{ path: 'inputs.1.width', message: 'missing' }]);
    await expectProblem(await post('/v1/models/petals/predict', { inputs: [[1e39, 1]] }), 'invalid');
    await expectProblem(
      await post('/v1/models/petals/predict', { inputs: [[3.4e38, 1]] }),
      'input-unreadable',
      /column 'length' is too large/,
    );
  });

  test('the next token of a text', async () => {
    const { predictions } = await jsonOf<{ predictions: { next: unknown[] }[] }>(
      await post('/v1/models/writer/predict', { inputs: ['call me', 'a'] }),
    );
    expect(predictions.map(({ next }) => next.length)).toEqual([10, 10]);
  });

  test('an input for another task is refused with where and why', async () => {
    const numbers = await expectProblem(await post('/v1/models/tiny/predict', { inputs: [{ load: [1] }] }), 'invalid');
    expect(numbers.errors).toEqual([{ path: 'inputs.0.text', message: 'missing' }]);
    await expectProblem(await post('/v1/models/load/predict', { inputs: ['text'] }), 'invalid');
    await expectProblem(await post('/v1/models/load/predict', { inputs: [{ load: [1] }] }), 'input-unreadable', /column 'hour'/);
    await expectProblem(await post('/v1/models/load/predict', { inputs: [{}] }), 'input-unreadable', /at least one step of load, hour/);
    await expectProblem(await post('/v1/models/writer/predict', { inputs: ['日本'] }), 'input-unreadable', /no token that the model knows/);
  });
});

describe('a state', () => {
  test('continues after the end of the previous answer', async () => {
    const first = await predict({ inputs: ['the food', 'bad'], state: null });
    const second = await predict({ inputs: ['was good', 'service'], state: first.state });
    const whole = await predict({ inputs: ['the food was good', 'bad service'] });
    for (const [i, { probabilities }] of whole.predictions.entries()) {
      expect(second.predictions[i]?.probabilities.positive).toBeCloseTo(probabilities.positive ?? 0, 5);
    }
    // The first state is still valid.
    expect((await predict({ inputs: ['was good', 'service'], state: first.state })).predictions).toEqual(second.predictions);
    expect(whole.state).toBeUndefined();
  });

  test('that was forged, is of other inputs, another version or no longer fresh is refused', async () => {
    const { state = '' } = await predict({ inputs: ['the food'], state: null });
    const forged = state.slice(0, 60) + (state[60] === 'A' ? 'B' : 'A') + state.slice(61);
    for (const bad of [forged, state.slice(4), 'AQ', '', '!', `${state}AAAA`]) {
      await expectProblem(await post('/v1/models/tiny/predict', { inputs: ['was'], state: bad }), 'state-invalid');
    }
    await expectProblem(await post('/v1/models/tiny/predict', { inputs: ['was', 'x'], state }), 'state-invalid', /of 1 inputs/);
    await seed('other', await tinyModel('other', { seed: 2 }));
    await expectProblem(await post('/v1/models/other/predict', { inputs: ['was'], state }), 'state-stale');
    await expectProblem(
      await post('/v1/models/both-ways/predict', { inputs: ['was'], state: null }),
      'input-unreadable',
      /needs the whole input/,
    );
  });

  test('needs a secret, which may be replaced', async () => {
    const { state } = await predict({ inputs: ['the food'], state: null });
    const going = json({ inputs: ['was'], state });
    const path = '/v1/models/tiny/predict';
    await expectProblem(await callWith({ STATE_SECRET: '' }, path, going), 'not-configured', /STATE_SECRET/);
    await expectProblem(await callWith({ STATE_SECRET: 'another secret quite' }, path, going), 'state-invalid');
    expect((await callWith({ STATE_SECRET: `another secret quite,${env.STATE_SECRET}` }, path, going)).status).toBe(200);
  });
});

describe('bad requests', () => {
  const inputs = ['fine'];
  const to = (model: string, body: unknown) => () => post(`/v1/models/${model}/predict`, body);
  const cases: [string, () => Promise<Response>, Parameters<typeof expectProblem>[1], RegExp][] = [
    ['no such model', to('absent', { inputs }), 'model-not-found', /GET \/v1\/models/],
    ['no such alias', to('tiny@absent', { inputs }), 'model-not-found', /./],
    ['no such digest', to(`tiny@${'0'.repeat(64)}`, { inputs }), 'model-not-found', /./],
    ['a path trick', to('..%2Ftiny', { inputs }), 'invalid', /schema/],
    ['another path trick', to('tiny%00', { inputs }), 'invalid', /schema/],
    ['no such route', () => call('/v2/x'), 'not-found', /openapi/],
    ['another method', () => call('/v1/models', { method: 'DELETE' }), 'method-not-allowed', /GET, HEAD/],
    [
      'a gzip body',
      () => call('/v1/models/tiny/predict', json({ inputs }, { 'content-encoding': 'gzip' })),
      'unsupported-media-type',
      /uncompressed/,
    ],
    ['not JSON', to('tiny', '{"inputs": ['), 'not-json', /JSON/],
    ['no body', () => call('/v1/models/tiny/predict', { method: 'POST' }), 'unsupported-media-type', /application\/json/],
    ['another content type', () => call('/v1/models/tiny/predict', { method: 'POST', body: 'x' }), 'unsupported-media-type', /./],
    ['not UTF-8', () => call('/v1/models/tiny/predict', { ...json(''), body: Uint8Array.of(34, 0xff, 34) }), 'not-json', /UTF-8/],
    ['no inputs', to('tiny', { inputs: [] }), 'invalid', /schema/],
    ['65 inputs', to('tiny', { inputs: new Array(65).fill('x') }), 'invalid', /schema/],
    ['10,000 inputs', to('tiny', { inputs: new Array(10_000).fill('x') }), 'invalid', /schema/],
    ['a number for a text', to('tiny', { inputs: [1] }), 'invalid', /schema/],
    ['a text too long', to('tiny', { inputs: ['x'.repeat(20_001)] }), 'invalid', /schema/],
    ['a quarter of a million wrong values', to('tiny', { inputs: [new Array(250_000).fill('x')] }), 'invalid', /schema/],
    ['a text of 10 MB', to('tiny', { inputs: ['x'.repeat(10_000_000)] }), 'body-too-large', /Send less/],
    ['a lone surrogate', to('tiny', '{"inputs": ["\\ud800"]}'), 'invalid', /schema/],
    ['a control character', to('tiny', '{"inputs": ["a\\u0000"]}'), 'invalid', /schema/],
    ['NaN', to('load', '{"inputs": [{"load": [NaN]}]}'), 'not-json', /JSON/],
    ['infinity', to('load', '{"inputs": [{"load": [1e999], "hour": [1, 2, 3]}]}'), 'invalid', /schema/],
    ['an unknown key', to('tiny', { inputs, model: 'x' }), 'invalid', /schema/],
    ['a body nested without end', to('tiny', `{"inputs": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`), 'invalid', /nests deeper/],
    [
      'every step of a model that reads backwards',
      to('both-ways', { inputs, everyStep: true }),
      'input-unreadable',
      /needs the whole input/,
    ],
    ['a damaged model file', to('damaged', { inputs }), 'failed', /request id/],
  ];
  test.each(cases)('%s', async (_, send, name, detail) => {
    await expectProblem(await send(), name, detail);
  });

  test('get the place of the error, without the content of the request', async () => {
    const { errors } = await expectProblem(await post('/v1/models/tiny/predict', { inputs: ['a', 5] }), 'invalid');
    expect(errors).toEqual([
      { path: 'inputs.1', message: 'expected a text, columns of numbers, rows of features, token ids, or the row of a table' },
    ]);
    const many = await expectProblem(await post('/v1/models/tiny/predict', { inputs: [[1, 'x', 'y', null]] }), 'invalid');
    expect(many.errors).toHaveLength(1);
    const long = await expectProblem(await post('/v1/models/tiny/predict', { inputs: ['x'.repeat(20_001)] }), 'invalid');
    expect(long.errors).toEqual([{ path: 'inputs.0', message: expect.stringContaining('20000 characters') }]);
    const strange = await post('/v1/models/tiny/predict', { inputs: ['x'], '<script>alert(1)</script>': 1 });
    expect(JSON.stringify(await expectProblem(strange, 'invalid'))).not.toContain('script');
  });

  test('that cost too much are refused before they run', async () => {
    const body = json({ inputs: new Array(64).fill('the food was good') });
    const response = await callWith({ MAX_MULTIPLY_ADDS: '10000' }, '/v1/models/tiny/predict', body);
    await expectProblem(response, 'over-budget', /takes \d+ multiply-adds, 10000 are allowed/);
  });
});

test('requests during a load wait for that load, and equal requests wait for one answer', async () => {
  const counted = async (name: string) => {
    const text = await (await admin('GET', '/metrics')).text();
    return Number(new RegExp(`^unroll_${name}_total (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  };
  await seed('cold', await tinyModel('cold', { seed: 11 }));
  const before = {
    loads: await counted('models_loaded'),
    answers: await counted('inputs_answered'),
    reused: await counted('answers_reused'),
  };
  const bodies = await Promise.all(Array.from({ length: 6 }, () => predict({ inputs: ['the food', 'bad'] }, 'cold')));
  for (const { predictions } of bodies) expect(predictions).toEqual(bodies[0]?.predictions);
  expect((await counted('models_loaded')) - before.loads).toBe(1);
  expect((await counted('inputs_answered')) - before.answers).toBe(2);
  expect((await counted('answers_reused')) - before.reused).toBe(10);
});

test('a client that leaves while its model loads does not take the load with it', async () => {
  await seed('left', await tinyModel('left', { seed: 12 }));
  const leaving = new AbortController();
  const gone = call('/v1/models/left/predict', { ...json({ inputs: ['x'] }), signal: leaving.signal });
  leaving.abort();
  await gone.catch(() => undefined);
  expect((await post('/v1/models/left/predict', { inputs: ['bad'] })).status).toBe(200);
});
