/** The server that needs no Cloudflare account, as `npm run self-host` starts it: workerd with its data in a folder. */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createClient } from '@unroll/client/client.ts';
import { afterAll, describe, expect, test } from 'vitest';
import { tinyModel } from '../src/testing/tiny-model.ts';
import { KEY, killServers, runServer, SETTINGS, startServer } from './self-hosted-server.ts';
import { family, freePort } from './servers.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-self-hosted-'));
chmodSync(scratch, 0o755);
afterAll(() => {
  killServers();
  rmSync(scratch, { recursive: true });
});
const folder = (name: string) => join(scratch, name);
const open = { PREDICT_ACCESS: 'open', STATE_SECRET: 'sixteen letters!' };

test('models, sessions and states go on after kill -9, and from a copy made while the server runs', async () => {
  const models = [await tinyModel('kept', { seed: 1 }), await tinyModel('kept', { seed: 2 })] as const;
  const [first, second] = models;
  let server = await startServer(folder('kept'));
  for (const { bytes } of models) await server.client.publish('kept', bytes);
  await server.client.pointAlias('kept', 'stable', first.digest);
  await server.client.pointAlias('kept', 'stable', second.digest);
  const words = ['the', 'food', 'was', 'not', 'good'];
  const uninterrupted = await server.client.session('uninterrupted', { model: 'kept' });
  const expected = await Promise.all(words.map((word) => uninterrupted.push(word)));
  const { predictions } = await server.client.predict('kept', ['the food was good']);
  const { state } = await server.client.predict('kept', ['the food was'], { state: null });
  const { predictions: resumed } = await server.client.predict('kept', ['good'], { state: state ?? '' });

  const answers = [];
  for (const [i, word] of words.entries()) {
    const session = await server.client.session('interrupted', { model: 'kept' });
    expect(session.steps).toBe(i);
    answers.push(await session.push(word));
    if (i % 2) continue;
    await server.kill();
    server = await startServer(folder('kept'));
  }
  expect(answers).toEqual(expected);
  const copy = spawnSync(process.execPath, ['dist/self-hosted/back-up.js', '--data', folder('kept'), '--to', folder('copy')], {
    encoding: 'utf8',
  });
  expect(copy.stdout + copy.stderr).toBe('models: 2 databases\nsessions: 3 databases\n');

  await server.client.rollBack('kept', 'stable');
  expect(await server.stop()).toBe(0);
  for (const [data, digest] of [
    [folder('kept'), first.digest],
    [folder('copy'), second.digest],
  ] as const) {
    server = await startServer(data);
    expect((await server.client.model('kept')).digest).toBe(digest);
    expect((await server.client.predict(`kept@${second.digest}`, ['the food was good'])).predictions).toEqual(predictions);
    const again = await server.client.predict(`kept@${second.digest}`, ['good'], { state: state ?? '' });
    expect(again.predictions).toEqual(resumed);
    const session = await server.client.session('interrupted', { model: `kept@${second.digest}` });
    expect(session.steps).toBe(words.length);
    await session.reset();
    expect(await session.push(words[0] as string)).toEqual(expected[0]);
    await server.client.deleteModel('kept');
    await expect(server.client.model('kept')).rejects.toMatchObject({ name: 'model-not-found' });
    await server.kill();
  }
});

test('models move to another deployment with their versions, aliases and rollbacks', async () => {
  const root = join(import.meta.dirname, '..');
  const run = (script: string, args: readonly string[], UNROLL_API_KEY = KEY) => {
    const { stdout, stderr } = spawnSync(process.execPath, [join(root, script), ...args], {
      encoding: 'utf8',
      env: { ...process.env, UNROLL_API_KEY },
    });
    return stdout + stderr;
  };
  const exported = (data: string, to: string) => run('dist/self-hosted/export-models.js', ['--data', folder(data), '--to', folder(to)]);
  const from = await startServer(folder('from'));
  const to = await startServer(folder('to'));
  const digests = [];
  for (const seed of [1, 2, 3]) {
    const { bytes, digest } = await tinyModel('moved', { seed });
    await from.client.publish('moved', bytes);
    await from.client.pointAlias('moved', 'stable', digest);
    digests.push(digest);
  }
  await from.client.rollBack('moved', 'stable');
  await from.client.publish('deleted', (await tinyModel('deleted')).bytes);
  await from.client.deleteModel('deleted');
  const [first, second, third] = digests;

  expect(exported('absent', 'bucket')).toContain('is not the data folder of a server');
  expect(exported('from', 'bucket')).toMatch(/^5 files in /);
  expect(exported('from', 'bucket')).toContain('already exists');
  const publish = ['--from', folder('bucket'), '--to', to.url];
  expect(run('scripts/publish-bucket.ts', publish, '')).toContain('set UNROLL_API_KEY');
  expect(run('scripts/publish-bucket.ts', publish)).toBe('moved: 3 versions, aliases latest, stable\n');
  const { versions, aliases } = await to.client.versions('moved');
  expect(versions.map(({ digest }) => digest)).toEqual([third, second, first]);
  expect(aliases).toEqual({ latest: third, stable: second });
  expect((await to.client.rollBack('moved', 'stable')).digest).toBe(first);
  expect((await to.client.models()).filter(({ builtIn }) => !builtIn)).toHaveLength(1);
  await Promise.all([from.kill(), to.kill()]);
});

test('a request that runs when the server is told to stop finishes; the exit code is 0', async () => {
  const server = await startServer(folder('stopped'), { ...SETTINGS, PREDICT_ACCESS: 'open' });
  let pieces = 0;
  for await (const event of server.client.generate('moby-dick', { prompt: 'Call me ', maxTokens: 800, seed: 1 })) {
    if (event.event === 'token' && ++pieces === 5) server.child.kill('SIGTERM');
    if (event.event === 'done') expect(event).toMatchObject({ reason: 'length', pieces: 800 });
  }
  expect(await server.ended).toBe(0);
});

test('a start removes the files of deleted sessions and no other', async () => {
  const data = folder('sessions');
  const server = await startServer(data);
  await (await server.client.session('kept-session', { model: 'sentiment' })).push('good');
  await server.kill();
  // As workerd leaves it after deleteAll(): one page in WAL mode, without a table.
  const deleted = join(data, 'sessions', `${'0'.repeat(64)}.sqlite`);
  const database = new DatabaseSync(deleted);
  database.exec('PRAGMA journal_mode = WAL');
  database.close();
  expect(statSync(deleted).size).toBe(4096);
  for (const restart of [1, 2]) {
    const again = await startServer(data);
    expect(existsSync(deleted), `restart ${restart}`).toBe(false);
    expect((await again.client.session('kept-session', { model: 'sentiment' })).steps).toBe(1);
    await again.kill();
  }
});

test('limits count by the address of the connection or of the proxy, not by what a client claims', async () => {
  const ask = async (url: string, headers: Record<string, string>) => (await fetch(`${url}/v1/models`, { headers })).status;
  const claims = ['1', '2', '3', '4'].map((name) => ({ 'cf-connecting-ip': name, 'x-forwarded-for': `${name}, 192.0.2.9` }));
  const limited = { ...open, REQUESTS_PER_ADDRESS: '1' };
  const direct = await startServer(folder('direct'), limited);
  const proxied = await startServer(folder('proxied'), { ...limited, BEHIND_PROXY: 'yes' });
  // Two of four are in the same minute at least.
  for (const { url } of [direct, proxied]) {
    const statuses = [];
    for (const claim of claims) statuses.push(await ask(url, claim));
    expect(statuses).toContain(429);
  }
  expect(await ask(proxied.url, { 'x-forwarded-for': '192.0.2.10' })).toBe(200);
  await Promise.all([direct.kill(), proxied.kill()]);
});

test('serves the page and its session behind a proxy with TLS; lists no folder', async () => {
  const server = await startServer(folder("a page's = é %s"), open);
  const page = await fetch(server.url);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(await page.text()).toContain('<h1>Unroll</h1>');
  expect(await (await fetch(`${server.url}/docs/`)).text()).toContain('<title>Unroll API</title>');
  for (const path of ['/lib', '/lib/', '/examples', '/../worker/worker.js', '/..%2fworker%2fworker.js', '/%2e%2e/worker/worker.js']) {
    expect((await fetch(server.url + path)).status).toBe(404);
  }
  const upgrade = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`${server.url}/v1/sessions/behind-proxy?model=sentiment`, { headers } as unknown as string[]);
    return new Promise((resolve) => {
      socket.addEventListener('open', () => resolve('open'));
      socket.addEventListener('error', () => resolve('refused'));
    });
  };
  const host = new URL(server.url).host;
  expect(await upgrade({ origin: `https://${host}`, 'x-forwarded-proto': 'https' })).toBe('open');
  expect(await upgrade({ origin: `https://${host}` })).toBe('refused');
  expect(await upgrade({ origin: 'https://elsewhere.test', 'x-forwarded-proto': 'https' })).toBe('refused');
  await server.kill();
});

describe('refuses to start', () => {
  const refusal = async (args: readonly string[], settings: Readonly<Record<string, string>> = open, uid?: number) => {
    const { ended, output } = runServer(args, settings, uid);
    expect(await ended).toBe(1);
    expect(output()).not.toMatch(/at async|node:internal|s3cret/);
    return output();
  };
  const unused = folder('unused');
  const at = (data: string, port = '0') => ['--data', data, '--port', port];

  test.each([
    ['keys', {}, /API_KEYS is missing.*npm run key.*PREDICT_ACCESS=open/],
    ['empty keys', { API_KEYS: '', STATE_SECRET: 'sixteen letters!' }, /API_KEYS is missing/],
    ['a state secret', { PREDICT_ACCESS: 'open' }, /STATE_SECRET is missing.*openssl rand/],
    ['a long state secret', { ...open, STATE_SECRET: 's3cret' }, /STATE_SECRET.*16 characters/],
    ['keys of the right form', { ...open, API_KEYS: '[{"id": "x", "sha256": "s3cret"}]' }, /settings: API_KEYS\[0\]\.sha256/],
    ['keys that are JSON', { ...open, API_KEYS: 's3cret' }, /settings: API_KEYS: not JSON/],
    ['a known access', { ...open, PREDICT_ACCESS: 's3cret' }, /settings: PREDICT_ACCESS/],
    ['yes or no', { ...open, BEHIND_PROXY: 's3cret' }, /BEHIND_PROXY: expected yes or no/],
    ['a limit', { ...open, REQUESTS_PER_KEY: '-1' }, /REQUESTS_PER_KEY: expected a number/],
  ])('without %s', async (_, settings, reason) => {
    expect(await refusal(at(unused), settings as unknown as Record<string, string>)).toMatch(reason);
    expect(existsSync(unused)).toBe(false);
  });

  test('on a port that is taken or is none', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    expect(await refusal(at(folder('taken'), String(port)))).toMatch(/cannot listen on port \d+ .*EADDRINUSE.*--port/);
    other.close();
    expect(await refusal(at(folder('taken'), '65536'))).toContain("--port: expected a number from 0 to 65535, got '65536'");
    expect(await refusal([...at(folder('taken'), String(await freePort())), '--host', '192.0.2.1'])).toMatch(
      /cannot listen .*EADDRNOTAVAIL/,
    );
  });

  test('on a folder that another server uses, or a workerd that outlived its server', async () => {
    const server = await startServer(folder('used'), open);
    expect(await refusal(at(folder('used')))).toContain(`another server uses the data folder ${folder('used')}; stop it first`);
    const [, workerd = 0] = family(server.child.pid as number);
    server.child.kill('SIGKILL');
    await once(server.child, 'exit');
    expect(await refusal(at(folder('used')))).toContain('a workerd that outlived its server still uses the data folder');
    process.kill(workerd, 'SIGKILL');
    // Its output closes when it has ended.
    await server.ended;
    const next = await startServer(folder('used'), open);
    expect(await next.stop()).toBe(0);
  });

  test('on a folder that another server takes at the same moment', async () => {
    const data = folder('contested');
    const starts = await Promise.allSettled([1, 2, 3].map(() => startServer(data, open)));
    expect(starts.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    for (const start of starts) {
      if (start.status === 'rejected') expect(start.reason.message).toContain('another server uses the data folder');
      else expect(await start.value.stop()).toBe(0);
    }
  });

  test('with a data folder that it cannot write to, or files of another user in it', async () => {
    const file = folder('file');
    writeFileSync(file, '');
    expect(await refusal(at(file))).toMatch(/cannot write to the data folder .*EEXIST/);
    // Root may write everywhere, so another user tries.
    const root = process.getuid?.() === 0;
    const nobody = root ? 65_534 : undefined;
    mkdirSync(folder('read-only'), { mode: 0o555 });
    expect(await refusal(at(folder('read-only')), open, nobody)).toMatch(/cannot write to the data folder .*EACCES.*chown -R/);
    if (!root) return;
    const server = await startServer(folder('roots'), open);
    await server.stop();
    chownSync(folder('roots'), 65_534, 65_534);
    expect(await refusal(at(folder('roots')), open, nobody)).toMatch(/cannot write to the data folder .*EACCES.*chown -R 65534/);
  });

  test('on a damaged data folder', async () => {
    const server = await startServer(folder('damaged'));
    await server.client.publish('kept', (await tinyModel('kept')).bytes);
    await server.stop();
    const models = join(folder('damaged'), 'models');
    const [bucket = ''] = readdirSync(models).filter((name) => /^[0-9a-f]{64}\.sqlite$/.test(name));
    writeFileSync(join(models, bucket), 'not a database, but longer than the header of one: '.repeat(40));
    expect(await refusal(at(folder('damaged')), SETTINGS)).toMatch(/not ready: GET \/readyz answers 503/);
  });
});

test('the command of the systemd unit starts the server, with the settings of unroll.env.example', async () => {
  const read = (file: string) => readFileSync(join(import.meta.dirname, '../../../infra/self-hosted', file), 'utf8');
  const settings = join(scratch, 'unroll.env');
  const filled = read('unroll.env.example')
    .replace('API_KEYS=[]', `API_KEYS=${SETTINGS.API_KEYS}`)
    .replace('STATE_SECRET=', '$&sixteen-letters!');
  writeFileSync(settings, filled);
  const [, options = ''] =
    /^ExecStart=\S+\/node \/opt\/unroll\/apps\/edge\/dist\/self-hosted\/serve\.js (.*)$/m.exec(read('unroll.service')) ?? [];
  const args = options.replace('%S/unroll', folder('service')).replace('8080', '0').split(' ');
  const { client, stop, url } = await startServer(folder('service'), {}, [...args, '--env-file', settings]);
  expect((await client.predict('sentiment', ['good'])).predictions).toHaveLength(1);
  await expect(createClient({ url }).models()).rejects.toMatchObject({ name: 'key-missing' });
  expect(await stop()).toBe(0);
});

test('a key is in no file of the data folder', async () => {
  const found = spawnSync('grep', ['-rlF', '-e', KEY, '-e', 'sixteen letters!', scratch], { encoding: 'utf8' });
  expect(found.stdout).toBe('');
  expect(found.status).toBe(1);
});
