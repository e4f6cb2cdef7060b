/** After any simultaneous publishes and deletes, exactly the files that the index names exist. */
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ADMIN_KEY } from '../testing/keys.ts';
import { type TinyModel, tinyModel } from '../testing/tiny-model.ts';
import { call, callWith, json, jsonOf, seed } from '../testing/worker.ts';

let models: [TinyModel, TinyModel];
beforeAll(async () => {
  models = [await tinyModel('raced', { seed: 1 }), await tinyModel('raced', { seed: 2 })];
});
afterEach(() => void vi.useRealTimers());

const sleep = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** The tests' bucket with a short delay before each operation. */
function slowed(delays: readonly number[]): R2Bucket {
  let next = 0;
  return new Proxy(env.MODELS, {
    get(bucket, name) {
      const operation = Reflect.get(bucket, name) as (...all: unknown[]) => unknown;
      return async (...all: unknown[]) => {
        await sleep(delays[next++ % delays.length] ?? 0);
        return operation.apply(bucket, all);
      };
    },
  });
}

const path = '/v1/models/raced';
type Ask = (method: string, path: string, body?: Uint8Array) => Promise<Response>;
const ask =
  (bucket: R2Bucket): Ask =>
  (method, path, body) =>
    callWith({ MODELS: bucket, KEY_LIMIT: undefined }, path, {
      method,
      headers: { authorization: `Bearer ${ADMIN_KEY}` },
      ...(body && { body }),
    });

const publish = (which: 0 | 1) => (send: Ask) => send('PUT', `${path}/versions`, models[which].bytes);
const remove = (which: 0 | 1) => (send: Ask) => send('DELETE', `${path}/versions/${models[which].digest}`);
const actions = {
  'publish first': publish(0),
  'publish second': publish(1),
  'delete first': remove(0),
  'delete second': remove(1),
  'delete model': (send: Ask) => send('DELETE', path),
};
type Action = keyof typeof actions;

async function versions(): Promise<string[]> {
  const response = await callWith({ KEY_LIMIT: undefined }, `${path}/versions`);
  if (response.status === 404) return [];
  return (await jsonOf<{ versions: { digest: string }[] }>(response)).versions.map(({ digest }) => digest);
}

const files = async () => (await env.MODELS.list({ prefix: 'models/raced/' })).objects.map(({ key }) => key);
const digestsOf = (keys: string[]) => keys.map((key) => key.split('/').at(-1)?.replace('.safetensors', '')).sort();

async function expectConsistent(): Promise<void> {
  const named = await versions();
  expect(digestsOf(await files())).toEqual([...named].sort());
  for (const digest of named) expect(await digestAnswering(`raced@${digest}`)).toBe(digest);
}

async function digestAnswering(reference: string): Promise<string | number> {
  const response = await call(`/v1/models/${reference}/predict`, json({ inputs: ['the food'] }));
  return response.status === 200 ? (await jsonOf<{ model: { digest: string } }>(response)).model.digest : response.status;
}

test('a storm of publishes and deletes', async () => {
  const storm = fc.array(fc.record({ action: fc.constantFrom(...(Object.keys(actions) as Action[])), after: fc.nat(12) }), {
    minLength: 2,
    maxLength: 6,
  });
  const delays = fc.array(fc.nat(5), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(storm, delays, async (steps, delays) => {
      const send = ask(slowed(delays));
      await publish(0)(send);
      await publish(1)(send);
      const statuses = await Promise.all(
        steps.map(async ({ action, after }) => {
          await sleep(after);
          return (await actions[action](send)).status;
        }),
      );
      expect(statuses.filter((status) => ![200, 201, 204, 404, 409].includes(status))).toEqual([]);
      await expectConsistent();
    }),
    { numRuns: 100 },
  );
}, 120_000);

test('publishing a version again restores its lost file', async () => {
  const send = ask(env.MODELS);
  await publish(0)(send);
  await publish(1)(send);
  for (const key of await files()) await env.MODELS.delete(key);
  expect((await publish(0)(send)).status).toBe(200);
  expect((await publish(1)(send)).status).toBe(200);
  await expectConsistent();
});

test('a model that was published before there were uploads is served, and deleted with its files', async () => {
  const send = ask(env.MODELS);
  await send('DELETE', path);
  await seed('raced', models[0]);
  expect(await files()).toEqual([`models/raced/${models[0].digest}.safetensors`]);
  expect((await call(`${path}@${models[0].digest}`)).status).toBe(200);
  expect((await publish(0)(send)).status).toBe(200);
  await publish(1)(send);
  expect((await remove(0)(send)).status).toBe(204);
  await expectConsistent();
  expect((await publish(0)(send)).status).toBe(201);
  await expectConsistent();
});

test('after an hour, a later publish removes the file of a publish that died', async () => {
  const send = ask(env.MODELS);
  await send('DELETE', path);
  await publish(0)(send);
  const left = [`models/raced/${crypto.randomUUID()}/${models[1].digest}.safetensors`, `models/raced/${models[1].digest}.safetensors`];
  for (const key of left) await env.MODELS.put(key, models[1].bytes);
  await publish(0)(send);
  expect(await files()).toHaveLength(3);
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 60 * 60 * 1000 });
  await publish(0)(send);
  await expectConsistent();
});

test('a deleted model is listed no more', async () => {
  const listed = async () => (await jsonOf<{ models: { name: string }[] }>(await call('/v1/models'))).models.map(({ name }) => name);
  const send = ask(env.MODELS);
  await publish(0)(send);
  expect(await listed()).toContain('raced');
  await send('DELETE', path);
  expect(await listed()).not.toContain('raced');
  expect((await send('DELETE', path)).status).toBe(404);
  expect((await publish(0)(send)).status).toBe(201);
});
