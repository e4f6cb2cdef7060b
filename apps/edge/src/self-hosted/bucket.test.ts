/** The bucket in SQLite gives the answers of an R2 bucket. */

import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bucket, BucketObject } from '../http/bucket.ts';
import { localBucket } from './bucket.ts';

const buckets: [string, Bucket][] = [
  ['R2', env.MODELS],
  ['SQLite', localBucket(env.BUCKET)],
];
const [[, r2], [, local]] = buckets as [[string, Bucket], [string, Bucket]];
const absent = () => new Headers({ 'if-none-match': '*' });

/** What both buckets must agree on: all but the time. */
const described = (object: BucketObject | null) => object && { key: object.key, size: object.size, etag: object.etag };

async function contentOf(bucket: Bucket, key: string): Promise<string | undefined> {
  const file = await bucket.get(key);
  return file ? new TextDecoder().decode(await file.arrayBuffer()) : undefined;
}

async function keysOf(bucket: Bucket, prefix: string): Promise<string[]> {
  const keys: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await bucket.list({ prefix, ...(cursor !== undefined && { cursor }) });
    expect(page.objects.length).toBeLessThanOrEqual(1000);
    keys.push(...page.objects.map(({ key }) => key));
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined);
  return keys;
}

async function empty(bucket: Bucket): Promise<void> {
  for (let keys = await keysOf(bucket, ''); keys.length; keys = await keysOf(bucket, '')) await bucket.delete(keys.slice(0, 1000));
}

const key = fc.constantFrom('a', 'a/b', 'a/b/c', 'a/é', 'a/ｅ', 'a/\u{1f600}', 'a0', 'b', 'index/x.json', '%', 'A', "a'");
const value = fc.oneof(fc.string({ maxLength: 20 }), fc.uint8Array({ maxLength: 20 }), fc.constant(''));
/** The condition of a put; its etag is the one that the key, or another one, has when the put runs. */
const condition = fc.constantFrom('none', 'absent', 'unchanged', 'another', 'unknown');
const operation = fc.oneof(
  fc.record({ type: fc.constant('put' as const), key, value, condition }),
  fc.record({ type: fc.constant('get' as const), key }),
  fc.record({ type: fc.constant('head' as const), key }),
  fc.record({ type: fc.constant('delete' as const), keys: fc.uniqueArray(key, { minLength: 1, maxLength: 3 }) }),
  fc.record({ type: fc.constant('list' as const), prefix: fc.constantFrom('', 'a', 'a/', 'a/b', 'index/', 'z', '\u{1f600}', 'é') }),
);

async function run(bucket: Bucket, asked: typeof operation extends fc.Arbitrary<infer O> ? O : never): Promise<unknown> {
  if (asked.type === 'get') return { content: await contentOf(bucket, asked.key), ...described(await bucket.get(asked.key)) };
  if (asked.type === 'head') return described(await bucket.head(asked.key));
  if (asked.type === 'list') return keysOf(bucket, asked.prefix);
  if (asked.type === 'delete') return (await bucket.delete(asked.keys)) ?? null;
  const { etag = '00' } = (await bucket.head(asked.condition === 'another' ? 'a' : asked.key)) ?? {};
  const onlyIf = {
    none: undefined,
    absent: absent(),
    unchanged: { etagMatches: etag },
    another: { etagMatches: etag },
    unknown: { etagMatches: 'f'.repeat(32) },
  }[asked.condition];
  return described(await bucket.put(asked.key, asked.value, { ...(onlyIf && { onlyIf }) }));
}

test('any operations in any order give the same answers', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(operation, { minLength: 1, maxLength: 30 }), async (operations) => {
      await Promise.all([empty(r2), empty(local)]);
      for (const each of operations) expect(await run(local, each)).toEqual(await run(r2, each));
      expect(await keysOf(local, '')).toEqual(await keysOf(r2, ''));
    }),
    { numRuns: 40 },
  );
});

describe.each(buckets)('%s', (_, bucket) => {
  test('of simultaneous conditional writes one succeeds', async () => {
    const first = await Promise.all(Array.from({ length: 8 }, (_, i) => bucket.put('raced', `first ${i}`, { onlyIf: absent() })));
    expect(first.filter(Boolean)).toHaveLength(1);
    const { etag = '' } = (await bucket.head('raced')) ?? {};
    const second = await Promise.all(
      Array.from({ length: 8 }, (_, i) => bucket.put('raced', `second ${i}`, { onlyIf: { etagMatches: etag } })),
    );
    expect(second.filter(Boolean)).toHaveLength(1);
    expect(await contentOf(bucket, 'raced')).toMatch(/^second/);
    await bucket.delete('raced');
  });
});

test('keeps 64 MB', async () => {
  const bytes = new Uint8Array(64 * 1024 * 1024 + 1);
  // The largest piece that getRandomValues fills.
  const piece = 65_536;
  for (let start = 0; start < bytes.length; start += piece) crypto.getRandomValues(bytes.subarray(start, start + piece));
  expect(await local.put('large', bytes)).toMatchObject({ key: 'large', size: bytes.length });
  const read = await local.get('large');
  const digest = async (content: BufferSource) => new Uint8Array(await crypto.subtle.digest('SHA-256', content)).toHex();
  expect(await digest((await read?.arrayBuffer()) ?? new ArrayBuffer(0))).toBe(await digest(bytes));
  await local.delete('large');
  expect(await local.get('large')).toBeNull();
});

test('lists more than a page', async () => {
  const many = Array.from({ length: 1003 }, (_, i) => `many/${String(i).padStart(4, '0')}`);
  await runInDurableObject(env.BUCKET.getByName('models'), (_, { storage }) => {
    for (const each of many) storage.sql.exec("INSERT INTO objects VALUES (?, 0, '', 0, '{}')", each);
  });
  expect(await keysOf(local, 'many/')).toEqual(many);
  await empty(local);
  expect(await keysOf(local, '')).toEqual([]);
});

test('a reader keeps the version that it began to read', async () => {
  const bytes = new Uint8Array(3 * 1024 * 1024).fill(1);
  await local.put('read', bytes);
  const file = await local.get('read');
  await local.put('read', 'another');
  expect(new Uint8Array((await file?.arrayBuffer()) ?? new ArrayBuffer(0))).toEqual(bytes);
});

test('only conditions that the app uses are accepted', async () => {
  const onlyIf = new Headers({ 'if-match': '"x"' });
  expect(() => local.put('x', 'y', { onlyIf })).toThrow('expected the condition if-none-match: *, got if-match: "x"');
});

test('answers for Idempotency-Keys are deleted after two days, nothing else is', async () => {
  await Promise.all(['idempotency/old', 'idempotency/new', 'index/old'].map((each) => local.put(each, each)));
  const stub = env.BUCKET.getByName('models');
  await runInDurableObject(stub, (_, { storage }) => {
    const twoDays = 2 * 24 * 60 * 60 * 1000;
    storage.sql.exec("UPDATE objects SET uploaded = uploaded - ? WHERE key LIKE '%old'", twoDays + 1000);
  });
  expect(await runDurableObjectAlarm(stub)).toBe(true);
  expect(await keysOf(local, 'i')).toEqual(['idempotency/new', 'index/old']);
  const { chunks, alarm } = await runInDurableObject(stub, async (_, { storage }) => ({
    chunks: storage.sql
      .exec('SELECT key FROM chunks ORDER BY key')
      .toArray()
      .map(({ key }) => key),
    alarm: (await storage.getAlarm()) ?? 0,
  }));
  expect(chunks).not.toContain('idempotency/old');
  expect(alarm).toBeGreaterThan(Date.now());
});
