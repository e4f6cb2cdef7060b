/** packages/client inside a Worker, over a service binding. */
import { exports } from 'cloudflare:workers';
import { createClient } from '@unroll/client/client.ts';
import { beforeAll, expect, test } from 'vitest';
import { tinyModel, tinyWriter } from './testing/tiny-model.ts';
import { ORIGIN, seed } from './testing/worker.ts';

beforeAll(async () => {
  await seed('tiny', await tinyModel('tiny'));
  await seed('writer', await tinyWriter('writer'));
});

const client = createClient({ url: ORIGIN, fetch: (input, init) => exports.default.fetch(new Request(input, init)) });

test('predicts, writes, and throws problems by name', async () => {
  expect((await client.predict('tiny', ['the food', 'bad'])).predictions).toHaveLength(2);
  let text = '';
  for await (const event of client.generate('writer', { prompt: 'call', maxTokens: 12 })) if (event.event === 'token') text += event.text;
  expect(text).toHaveLength(12);
  await expect(client.predict('absent', ['x'])).rejects.toMatchObject({ name: 'model-not-found', status: 404 });
});
