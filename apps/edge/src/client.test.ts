/** packages/client inside a Worker, over a service binding. */
import { exports } from 'cloudflare:workers';
import { createClient } from '@unroll/client/client.ts';
import { openSession } from '@unroll/client/session.ts';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { tinyModel, tinyTranslator, tinyWriter } from './testing/tiny-model.ts';
import { ORIGIN, seed } from './testing/worker.ts';

beforeAll(async () => {
  await seed('tiny', await tinyModel('tiny'));
  await seed('writer', await tinyWriter('writer'));
  await seed('german', await tinyTranslator('german'));
});

const client = createClient({ url: ORIGIN, fetch: (input, init) => exports.default.fetch(new Request(input, init)) });

test('predicts, writes, and throws problems by name', async () => {
  expect((await client.predict('tiny', ['the food', 'bad'])).predictions).toHaveLength(2);
  let text = '';
  for await (const event of client.generate('writer', { prompt: 'call', maxTokens: 12 })) if (event.event === 'token') text += event.text;
  expect(text).toHaveLength(12);
  await expect(client.predict('absent', ['x'])).rejects.toMatchObject({ name: 'model-not-found', status: 404 });
});

test('translates, with the options and the answers of a search typed', async () => {
  const { predictions } = await client.predict('german', ['der hund schläft'], { search: { beam: 4, nBest: 3, lengthPenalty: 0 } });
  const [translation] = predictions;
  if (!translation || !('finishReason' in translation)) throw new Error('expected a translation');
  const { text, score, logProbability, alternatives = [] } = translation;
  expect(text).toEqual(expect.any(String));
  expect(score).toBe(logProbability);
  expect(alternatives.map((other) => other.score <= score)).toEqual([true, true]);
});

/** A server's reactions to a frame. */
const reactions = ['answer', 'problem', 'problem without id', 'no JSON', 'no object', 'close'] as const;

/** A session over a real socket with a server that reacts to one frame after the other as given, and then closes. */
function sessionWith(told: readonly (typeof reactions)[number][]) {
  const { 0: clientEnd, 1: server } = new WebSocketPair();
  server.accept();
  const left = [...told];
  const react = ({ data }: MessageEvent) => {
    const { id } = JSON.parse(String(data)) as { id: number };
    const problem = { type: 'urn:unroll:problem:invalid', title: 'Invalid Request', detail: `frame ${id}` };
    const frames = {
      answer: JSON.stringify({ prediction: { labels: [`frame ${id}`] }, steps: id, id }),
      problem: JSON.stringify({ problem, id }),
      'problem without id': JSON.stringify({ problem }),
      'no JSON': '{',
      'no object': 'null',
    };
    const reaction = left.shift() ?? 'close';
    if (reaction !== 'close') return server.send(frames[reaction]);
    server.removeEventListener('message', react);
    server.close(1011, 'told to');
  };
  server.addEventListener('message', react);
  clientEnd.addEventListener('close', () => server.removeEventListener('message', react));
  class Connected {
    constructor() {
      clientEnd.accept();
      server.send(JSON.stringify({ model: { name: 'tiny', digest: '0' }, steps: 0 }));
      // biome-ignore lint/correctness/noConstructorReturn: the client makes its socket with new, this one is made already
      return clientEnd;
    }
  }
  return openSession('scripted-1', { url: ORIGIN, model: 'tiny', WebSocket: Connected as unknown as typeof WebSocket });
}

test('every push settles with the answer to its own frame, for any behaviour of the server', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...reactions), { maxLength: 8 }), async (told) => {
      const session = await sessionWith(told);
      const pushes = [...told, 'close' as const].map(() => session.push('x'));
      const settled = await Promise.allSettled(pushes);
      const ended = told.findIndex((reaction) => !['answer', 'problem', 'problem without id'].includes(reaction));
      for (const [i, outcome] of settled.entries()) {
        const reaction = told[i];
        const isBefore = i < (ended < 0 ? told.length : ended);
        if (!isBefore) expect(outcome).toMatchObject({ status: 'rejected', reason: { title: 'Session Closed' } });
        else if (reaction === 'answer') expect(outcome).toMatchObject({ value: { prediction: { labels: [`frame ${i}`] } } });
        else expect(outcome).toMatchObject({ status: 'rejected', reason: { name: 'invalid', message: `Invalid Request: frame ${i}` } });
      }
      await expect(session.push('after')).rejects.toMatchObject({ title: 'Session Closed' });
      await expect(session.reset()).rejects.toMatchObject({ title: 'Session Closed' });
    }),
  );
});

test('a push of something other than JSON rejects, and the session continues', async () => {
  const session = await sessionWith(['answer']);
  await expect(session.push(5n as never)).rejects.toThrow(/BigInt/);
  expect((await session.push('x')).steps).toBe(1);
  const waiting = session.push('y');
  session.close();
  await expect(waiting).rejects.toMatchObject({ title: 'Session Closed' });
});
