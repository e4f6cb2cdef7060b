/** Streaming generation inside workerd. */

import { generateEvent } from '@unroll/api/generate.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { tinyModel, tinyWriter } from '../testing/tiny-model.ts';
import { admin, callWith, expectProblem, json, post, seed } from '../testing/worker.ts';

let digest = '';
beforeAll(async () => {
  const writer = await tinyWriter('writer');
  digest = writer.digest;
  await seed('writer', writer);
  await seed('tiny', await tinyModel('tiny'));
});

const path = '/v1/models/writer/generate';

function eventsOf(stream: string) {
  return stream
    .trim()
    .split('\n\n')
    .map((block) => {
      const [, event = '', data = ''] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      return v.parse(generateEvent, { event, ...(JSON.parse(data) as object) });
    });
}

async function write(body: object) {
  const response = await post(path, body);
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/);
  const events = eventsOf(await response.text());
  const text = events.map((event) => (event.event === 'token' ? event.text : '')).join('');
  return { text, last: events.at(-1), tokens: events.length - 1 };
}

describe('a text', () => {
  test('arrives piece by piece, then the reason for the end', async () => {
    const { text, last, tokens } = await write({ prompt: 'call me', maxTokens: 30 });
    expect(text).toHaveLength(30);
    expect(tokens).toBe(30);
    expect(last).toEqual({ event: 'done', reason: 'length', pieces: 30, model: { name: 'writer', digest } });
  });

  test('is the same for the same seed, and shaped by its options', async () => {
    const one = await write({ prompt: 'call', maxTokens: 40, seed: 5 });
    expect((await write({ prompt: 'call', maxTokens: 40, seed: 5 })).text).toBe(one.text);
    expect((await write({ prompt: 'call', maxTokens: 40, seed: 6 })).text).not.toBe(one.text);
    const greedy = await write({ prompt: 'call', maxTokens: 40, temperature: 0 });
    expect((await write({ prompt: 'call', maxTokens: 40, topK: 1, seed: 9 })).text).toBe(greedy.text);
    const stop = one.text.slice(10, 12);
    const stopped = await write({ prompt: 'call', maxTokens: 40, seed: 5, stop: [stop] });
    expect(stopped.text).toBe(one.text.slice(0, one.text.indexOf(stop)));
    expect(stopped.last).toMatchObject({ event: 'done', reason: 'stop' });
  });
});

test('a client that leaves ends the work', async () => {
  const made = async () => Number(/^unroll_tokens_generated_total (\d+)$/m.exec(await (await admin('GET', '/metrics')).text())?.[1] ?? 0);
  const before = await made();
  const response = await post(path, { prompt: 'call', maxTokens: 4000 });
  const reader = response.body?.getReader();
  await reader?.read();
  await reader?.cancel();
  let last = await made();
  for (let same = 0; same < 3; ) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    const now = await made();
    same = now === last ? same + 1 : 0;
    last = now;
  }
  expect(last - before).toBeGreaterThan(0);
  expect(last - before).toBeLessThan(4000);
});

describe('bad requests are problems, not streams', () => {
  const cases: [string, object, Parameters<typeof expectProblem>[1]][] = [
    ['no prompt', {}, 'invalid'],
    ['an empty prompt', { prompt: '' }, 'invalid'],
    ['a prompt of unknown tokens', { prompt: '日本' }, 'input-unreadable'],
    ['too many tokens', { prompt: 'a', maxTokens: 4001 }, 'invalid'],
    ['a temperature below 0', { prompt: 'a', temperature: -1 }, 'invalid'],
    ['a topP of 0', { prompt: 'a', topP: 0 }, 'invalid'],
    ['an empty stop', { prompt: 'a', stop: [''] }, 'invalid'],
  ];
  test.each(cases)('%s', async (_, body, name) => {
    await expectProblem(await post(path, body), name);
  });

  test('another task', async () => {
    await expectProblem(await post('/v1/models/tiny/generate', { prompt: 'the food' }), 'input-unreadable', /does not write text/);
  });

  test('more than the budget', async () => {
    await expectProblem(await callWith({ MAX_MULTIPLY_ADDS: '1000' }, path, json({ prompt: 'call' })), 'over-budget');
  });
});
