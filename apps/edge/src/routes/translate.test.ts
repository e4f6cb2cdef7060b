/** Translations inside workerd: the search, its limits, its budget, and what such a model refuses. */
import { beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY } from '../testing/keys.ts';
import { tinyModel, tinyTranslator } from '../testing/tiny-model.ts';
import { admin, call, callWith, expectProblem, json, jsonOf, ORIGIN, post, seed } from '../testing/worker.ts';

interface Found {
  text: string;
  score: number;
  logProbability: number;
  finishReason: 'stop' | 'length';
}
type Translated = Found & {
  alternatives?: Found[];
  attention?: { source: string[]; target: string[]; weights: number[][] };
  truncated?: { read: number; of: number };
};

let digest = '';
beforeAll(async () => {
  const translator = await tinyTranslator('german');
  digest = translator.digest;
  expect(Object.values(translator.artifact.weights).some(({ dtype }) => dtype === 'int8')).toBe(true);
  await seed('german', translator);
  await seed('no-attention', await tinyTranslator('no-attention', { attention: false }));
  await seed('tiny', await tinyModel('tiny'));
});

const path = '/v1/models/german/predict';
const translate = async (inputs: unknown[], search?: object) =>
  (await jsonOf<{ predictions: Translated[] }>(await post(path, { inputs, ...(search && { search }) }))).predictions;

describe('a translation', () => {
  test('has a text of the target, its score and how it ended, with the digest of the model', async () => {
    const response = await post(path, { inputs: ['Der Hund schläft'] });
    expect(response.status).toBe(200);
    const { predictions, model } = await jsonOf<{ predictions: Translated[]; model: object }>(response);
    expect(model).toEqual({ name: 'german', digest });
    expect(predictions).toEqual([
      {
        text: expect.any(String),
        score: expect.any(Number),
        logProbability: expect.any(Number),
        finishReason: expect.stringMatching(/^(stop|length)$/),
      },
    ]);
    const words = predictions[0]?.text.split(' ').filter(Boolean) ?? [];
    expect(words.every((word) => ['the', 'dog', 'sleeps', 'in', 'a', 'house'].includes(word))).toBe(true);
    expect(predictions[0]?.logProbability).toBeLessThan(0);
  });

  test('does not depend on the other texts of its request', async () => {
    const inputs = ['der hund', 'im haus schläft der hund', 'haus'];
    const search = { beam: 3, nBest: 3 };
    const together = await translate(inputs, search);
    for (const [i, input] of inputs.entries()) {
      const [alone] = await translate([input], search);
      expect(together[i]?.text).toBe(alone?.text);
      expect(together[i]?.score).toBeCloseTo(alone?.score ?? 0, 4);
    }
  });

  test('reads the row of a table by name', async () => {
    const [fromText, fromRow] = await translate(['der hund', { text: 'der hund' }]);
    expect(fromRow).toEqual(fromText);
  });

  test('says how much of a long text it read', async () => {
    const [cut, whole] = await translate(['hund '.repeat(12), 'hund '.repeat(8)]);
    expect(cut?.truncated).toEqual({ read: 8, of: 12 });
    expect(whole?.truncated).toBeUndefined();
  });
});

describe('a search', () => {
  test('with nBest gives alternatives, each with its score, the best first', async () => {
    const [found] = await translate(['der hund schläft'], { beam: 6, nBest: 4 });
    const all = [found, ...(found?.alternatives ?? [])] as Found[];
    expect(all).toHaveLength(4);
    expect(new Set(all.map(({ text, finishReason }) => `${text} ${finishReason}`)).size).toBe(4);
    const scores = all.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
  });

  test('without a length penalty ranks by probability, and a wider beam finds nothing worse', async () => {
    const [greedy] = await translate(['im haus'], { beam: 1, lengthPenalty: 0 });
    const [wide] = await translate(['im haus'], { beam: 16, lengthPenalty: 0 });
    expect(wide?.score).toBe(wide?.logProbability);
    expect(wide?.score).toBeGreaterThanOrEqual((greedy?.score ?? 0) - 1e-5);
  });

  test('stops at maxLength', async () => {
    for (const { text } of await translate(['der hund', 'haus'], { beam: 1, maxLength: 1 })) {
      expect(text.split(' ').filter(Boolean).length).toBeLessThanOrEqual(1);
    }
  });

  test('is part of what makes two requests the same', async () => {
    const [one] = await translate(['der hund'], { beam: 2 });
    const [two] = await translate(['der hund'], { beam: 2, nBest: 2 });
    expect(one?.alternatives).toBeUndefined();
    expect(two?.alternatives).toHaveLength(1);
  });

  test('gives the attention weights of the best translation on request: how much each of its tokens read of each token of the source', async () => {
    const found = await translate(['Haus', 'im haus schläft der hund'], { beam: 4, nBest: 2, attention: true });
    for (const [i, source] of [['haus'], ['im', 'haus', 'schläft', 'der', 'hund']].entries()) {
      const { text = '', attention } = found[i] ?? {};
      expect(attention?.source).toEqual(source);
      expect(attention?.target).toEqual(text.split(' ').filter(Boolean));
      expect(attention?.weights).toHaveLength(attention?.target.length ?? -1);
      for (const row of attention?.weights ?? []) {
        expect(row).toHaveLength(source.length);
        expect(row.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 5);
      }
    }
    const without = await translate(['Haus'], { beam: 4, nBest: 2 });
    expect(without[0]).not.toHaveProperty('attention');
  });

  test('cannot give attention weights of a model without attention', async () => {
    const response = await post('/v1/models/no-attention/predict', { inputs: ['haus'], search: { attention: true } });
    await expectProblem(
      response,
      'input-unreadable',
      /attention: no layer of this model attends to the tokens of its source; leave it out/,
    );
    expect((await post('/v1/models/no-attention/predict', { inputs: ['haus'] })).status).toBe(200);
  });

  test.each([
    [{ beam: 0 }, 'search.beam', 'expected a whole number from 1 to 64'],
    [{ beam: 1000 }, 'search.beam', 'expected a whole number from 1 to 64'],
    [{ beam: 2.5 }, 'search.beam', 'expected a whole number from 1 to 64'],
    [{ nBest: 0 }, 'search.nBest', 'expected a whole number from 1 to 64'],
    [{ lengthPenalty: -1 }, 'search.lengthPenalty', 'expected a number from 0 to 5'],
    [{ lengthPenalty: 6 }, 'search.lengthPenalty', 'expected a number from 0 to 5'],
    [{ maxLength: 0 }, 'search.maxLength', 'expected at least 1'],
    [{ width: 5 }, 'search.width', 'unknown key'],
  ])('refuses %o at its place, with the allowed range', async (search, place, message) => {
    const { errors } = await expectProblem(await post(path, { inputs: ['hund'], search }), 'invalid');
    expect(errors).toEqual([{ path: place, message }]);
  });

  test.each([
    [{ beam: 2, nBest: 3 }, /nBest: expected at most the beam, 2, got 3/],
    [{ nBest: 4 }, /nBest: expected at most the beam, 3, got 4/],
    [{ maxLength: 7 }, /maxLength: this model translates to at most 6 tokens, got 7/],
  ])('refuses %o, which does not fit the model', async (search, detail) => {
    await expectProblem(await post(path, { inputs: ['hund'], search }), 'input-unreadable', detail);
  });

  test('over the budget is refused before it runs, with what to send less of', async () => {
    const ask = (search: object, allowed: string) => callWith({ MAX_MULTIPLY_ADDS: allowed }, path, json({ inputs: ['der hund'], search }));
    const detail = /takes \d+ multiply-adds, \d+ are allowed\. Send fewer or shorter inputs, or search with a smaller beam or maxLength\./;
    const { detail: told } = await expectProblem(await ask({ beam: 64 }, '1'), 'over-budget', detail);
    const cost = Number(/takes (\d+)/.exec(told)?.[1]);
    await expectProblem(await ask({ beam: 64 }, String(cost - 1)), 'over-budget');
    expect((await ask({ beam: 64 }, String(cost))).status).toBe(200);
    expect((await ask({ beam: 32 }, String(Math.round(0.6 * cost)))).status).toBe(200);
    expect((await ask({ beam: 64, maxLength: 2 }, String(Math.round(0.6 * cost)))).status).toBe(200);
  });

  test('of a model that does not search is refused', async () => {
    const response = await post('/v1/models/tiny/predict', { inputs: ['good'], search: { beam: 2 } });
    await expectProblem(response, 'input-unreadable', /search: the task 'classify' does not search/);
  });
});

describe('a model that translates refuses', () => {
  const inputs = ['der hund'];
  test.each([
    [{ inputs: ['hello'] }, /the input holds no token that the model knows/],
    [{ inputs: ['haus', 'hello'] }, /input 1 holds no token that the model knows/],
    [{ inputs: [''] }, /the input holds no token/],
    [{ inputs, everyStep: true }, /everyStep: a translation needs the whole text/],
    [{ inputs, state: null }, /state: a translation needs the whole text/],
  ])('%o', async (body, detail) => {
    await expectProblem(await post(path, body), 'input-unreadable', detail);
  });

  test('to write without a source', async () => {
    await expectProblem(await post('/v1/models/german/generate', { prompt: 'der' }), 'input-unreadable', /does not write text/);
  });

  test('the frames of a session, and says why', async () => {
    const response = await call('/v1/sessions/words-of-german?model=german', { headers: { upgrade: 'websocket', origin: ORIGIN } });
    expect(response.status).toBe(101);
    const socket = response.webSocket as WebSocket;
    const answers: unknown[] = [];
    socket.addEventListener('message', ({ data }) => {
      answers.push(JSON.parse(String(data)));
    });
    socket.accept();
    socket.send(JSON.stringify({ input: 'der hund', id: 1 }));
    await expect.poll(() => answers.length).toBe(2);
    expect(answers[1]).toMatchObject({
      id: 1,
      problem: { detail: 'state: a translation needs the whole text, which cannot come in pieces; send it in one request' },
    });
    socket.close();
  });
});

test('a translator is published after a trial translation, listed and described', async () => {
  const { bytes, digest } = await tinyTranslator('published');
  const published = await admin('PUT', '/v1/models/published/versions', bytes);
  expect(published.status).toBe(201);
  expect(await published.json()).toMatchObject({ version: { digest, task: 'translate' } });
  const { models } = await jsonOf<{ models: { name: string; task: string }[] }>(await call('/v1/models'));
  expect(models).toContainEqual(expect.objectContaining({ name: 'published', task: 'translate', digest }));

  const about = await jsonOf<{ everyStep: boolean; example: string; labels: string[]; weights: { dtype: string } }>(
    await call('/v1/models/published'),
  );
  expect(about).toMatchObject({ task: 'translate', everyStep: false, labels: [], weights: { dtype: 'int8' } });
  expect((await post('/v1/models/published/predict', { inputs: [about.example] })).status).toBe(200);
});

test('a translator whose trial goes over the budget is not published', async () => {
  const { bytes } = await tinyTranslator('costly');
  const init = { method: 'PUT', body: bytes, headers: { authorization: `Bearer ${ADMIN_KEY}` } };
  await expectProblem(await callWith({ MAX_MULTIPLY_ADDS: '10' }, '/v1/models/costly/versions', init), 'over-budget', /smaller beam/);
  expect((await call('/v1/models/costly')).status).toBe(404);
});
