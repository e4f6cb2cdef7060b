/** packages/client against the bundle in bare workerd, and in `wrangler dev`, which has a bucket. */
import { type ChildProcess, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@unroll/client/client.ts';
import { ProblemError } from '@unroll/client/problem-error.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DevServer, startDevServer } from '../scripts/dev-server.ts';
import { describeKey, newKey } from '../scripts/new-key.ts';
import { type TinyModel, tinyModel } from '../src/testing/tiny-model.ts';
import { startBareWorkerd } from './bare-workerd.ts';
import { freePort } from './servers.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-client-'));
const processes: ChildProcess[] = [];
afterAll(() => {
  for (const child of processes) child.kill('SIGTERM');
  rmSync(scratch, { recursive: true, force: true });
});

const key = newKey('client-test');
const apiKeys = JSON.stringify([describeKey(key, { id: 'client-test', scopes: ['predict', 'admin'] })]);

describe('in bare workerd, with the built-in models', () => {
  let url = '';
  const directory = join(scratch, 'bare');
  const start = async () => {
    const { origin, process } = await startBareWorkerd(directory, {
      PREDICT_ACCESS: 'keys',
      API_KEYS: apiKeys,
      STATE_SECRET: 'sixteen letters!',
    });
    processes.push(process);
    url = origin;
    return process;
  };
  let workerd: ChildProcess;
  beforeAll(async () => {
    workerd = await start();
  });
  const client = () => createClient({ url, key });

  test('predicts, with and without a state', async () => {
    const whole = await client().predict('sentiment', ['The food was wonderful.']);
    expect(whole.predictions[0]).toMatchObject({ labels: ['positive'] });
    const first = await client().predict('sentiment', ['The food'], { state: null });
    const second = await client().predict('sentiment', ['was wonderful.'], { state: first.state ?? '' });
    expect(JSON.stringify(second.predictions[0])).toContain('positive');
    expect((await client().model('weather')).task).toBe('forecast');
    expect((await client().models()).map(({ name }) => name)).toEqual(['moby-dick', 'sentiment', 'weather']);
    const typed = await client().api.v1.models[':model'].$get({ param: { model: 'sentiment' } });
    expect((await typed.json()).labels).toEqual(['negative', 'positive']);
  });

  test('generates as a stream, which leaving ends', async () => {
    let text = '';
    for await (const event of client().generate('moby-dick', { prompt: 'Call me ', maxTokens: 60, temperature: 0.5, seed: 3 })) {
      if (event.event === 'token') text += event.text;
      else expect(event).toMatchObject({ reason: 'length', pieces: 60 });
    }
    expect(text).toHaveLength(60);
    let heard = 0;
    for await (const _ of client().generate('moby-dick', { prompt: 'Call me ', maxTokens: 4000 })) if (++heard === 5) break;
    expect(heard).toBe(5);
  });

  test('throws problems by name, with where and why', async () => {
    const problem = await client()
      .predict('absent', ['x'])
      .catch((error: unknown) => error);
    expect(problem).toBeInstanceOf(ProblemError);
    expect(problem).toMatchObject({ name: 'model-not-found', status: 404, requestId: expect.any(String) });
    await expect(client().predict('sentiment', [5 as never])).rejects.toThrow(/inputs\.0: expected a text/);
    await expect(client().generate('sentiment', { prompt: 'x' }).next()).rejects.toThrow(/does not write text/);
    await expect(createClient({ url }).models()).rejects.toMatchObject({ name: 'key-missing' });
  });

  test('a session continues after the process was killed', async () => {
    const open = () => client().session('killed-once', { model: 'sentiment' });
    const session = await open();
    expect(session.steps).toBe(0);
    const [, , third] = await Promise.all([session.push('The'), session.push('food'), session.push('was')]);
    expect(third?.steps).toBe(3);
    workerd.kill('SIGKILL');
    await expect(session.push('lost')).rejects.toThrow(/Session Closed/);

    workerd = await start();
    const again = await open();
    expect(again.steps).toBe(3);
    const { prediction } = await again.push('wonderful');
    const { predictions } = await client().predict('sentiment', ['The food was wonderful']);
    const positive = (answer: unknown) => (answer as { probabilities: { positive: number } }).probabilities.positive;
    expect(positive(prediction)).toBeCloseTo(positive(predictions[0]), 5);
    for (const unreadable of [{ load: [1] }, 5, null, 'a\u0001b', [[]], undefined] as never[]) {
      await expect(again.push(unreadable)).rejects.toMatchObject({ name: 'invalid' });
    }
    await expect(again.push(5 as never)).rejects.toThrow(/input: expected a text, .*/);
    await again.reset();
    expect((await again.push('bad')).steps).toBe(1);
    again.close();
    const large = await open();
    const [whole, after] = [large.push('x'.repeat(70_000)), large.push('never read')];
    for (const push of [whole, after]) await expect(push).rejects.toThrow(/Session Closed: Send text frames of JSON/);
    await expect(createClient({ url }).session('no-key-here', { model: 'sentiment' })).rejects.toThrow(/refused/);
  });
});

describe('in wrangler dev, with a bucket', () => {
  let client: ReturnType<typeof createClient>;
  let url = '';
  const unroll = join(import.meta.dirname, '../../train/src/cli.ts');
  let models: TinyModel[];
  const stopping = new AbortController();
  let server: DevServer | undefined;
  afterAll(() => server?.stop());
  beforeAll(async () => {
    const directory = mkdtempSync(join(scratch, 'dev-'));
    server = await startDevServer({ port: String(await freePort()), directory, key }, stopping.signal);
    ({ url } = server ?? { url });
    client = createClient({ url, key });
    models = [await tinyModel('published', { seed: 1 }), await tinyModel('published', { seed: 2 })];
  });

  test('publishes, points, rolls back and deletes', async () => {
    const [first, second] = models as [TinyModel, TinyModel];
    expect(await client.publish('published', first.bytes)).toMatchObject({ created: true, aliases: { latest: first.digest } });
    await client.publish('published', second.bytes);
    await client.pointAlias('published', 'stable', first.digest);
    await client.pointAlias('published', 'stable', second.digest);
    expect((await client.predict('published', ['x'])).model.digest).toBe(second.digest);
    expect((await client.rollBack('published', 'stable')).digest).toBe(first.digest);
    expect((await client.predict('published', ['x'])).model.digest).toBe(first.digest);
    expect((await client.versions('published')).versions).toHaveLength(2);
    await expect(client.deleteVersion('published', first.digest)).rejects.toMatchObject({ name: 'version-in-use' });
    await client.deleteModel('published');
    await expect(client.model('published')).rejects.toMatchObject({ name: 'model-not-found' });
    await expect(client.publish('published', first.bytes.slice(0, 300))).rejects.toMatchObject({ name: 'model-file-refused' });
  });

  test('unroll publish uploads a run, and its errors name what is missing', async () => {
    const [first] = models as [TinyModel];
    const run = join(scratch, 'runs/tiny-1');
    mkdirSync(run, { recursive: true });
    writeFileSync(join(run, 'model.safetensors'), first.bytes);
    const publish = (environment: Record<string, string>) =>
      spawnSync(process.execPath, [unroll, 'publish', run, '--to', url, '--name', 'from-trainer', '--alias', 'stable'], {
        env: { ...process.env, ...environment },
        encoding: 'utf8',
      });
    const { stdout, status } = publish({ UNROLL_API_KEY: key });
    expect(stdout).toMatch(/^from-trainer@[0-9a-f]{12}… {2}published, [\d,]+ bytes\n {2}latest → [0-9a-f]{12}…\n {2}stable → /);
    expect(status).toBe(0);
    expect((await client.predict('from-trainer@stable', ['x'])).model.digest).toBe(first.digest);
    expect(publish({ UNROLL_API_KEY: key }).stdout).toContain('was there already');
    expect(publish({ UNROLL_API_KEY: '' }).stderr).toContain('set UNROLL_API_KEY');
    expect(publish({ UNROLL_API_KEY: 'wrong' }).stderr).toContain('API Key Refused');
    const nowhere = spawnSync(process.execPath, [unroll, 'publish', run, '--to', 'http://127.0.0.1:1'], {
      env: { ...process.env, UNROLL_API_KEY: key },
      encoding: 'utf8',
    });
    expect(nowhere.stderr).toMatch(/publish: http:\/\/127\.0\.0\.1:1 does not answer \(.+\)/);
  });
});
