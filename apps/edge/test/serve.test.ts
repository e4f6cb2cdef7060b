/** `npm run serve`: each server keeps its model to itself, and nothing of it is left. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from '@unroll/client/client.ts';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type TinyModel, tinyForecaster, tinyModel, tinyWriter } from '../src/testing/tiny-model.ts';
import { family, freePort } from './servers.ts';

const root = join(import.meta.dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'unroll-serve-test-'));
/** Where the servers of this file make their folders. */
const temporary = join(scratch, 'tmp');
const started: ChildProcess[] = [];

beforeAll(() => mkdirSync(temporary));
afterAll(() => {
  for (const child of started) child.kill('SIGTERM');
  rmSync(scratch, { recursive: true });
});

function write(file: string, { bytes }: TinyModel): string {
  writeFileSync(join(scratch, file), bytes);
  return join(scratch, file);
}

const isAlive = (pid: number) => {
  const state = spawnSync('ps', ['-o', 'stat=', '-p', String(pid)], { encoding: 'utf8' }).stdout.trim();
  return state !== '' && !state.startsWith('Z');
};

interface Server {
  child: ChildProcess;
  port: number;
  url: string;
  output(): string;
}

/** As a user starts it: by npm, which starts a shell. */
async function serve(model: string, directory = root): Promise<Server> {
  const port = await freePort();
  const child = spawn('npm', ['run', 'serve', '-w', '@unroll/edge', '--', '--model', model, '--port', String(port)], {
    cwd: directory,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  return { child, port, url: `http://127.0.0.1:${port}`, output: () => said };
}

/** Waits until the process has printed the served models, or ended. */
async function ready({ child, output }: Server): Promise<void> {
  while (!output().includes('API docs:') && child.exitCode === null) await sleep(50);
  expect(output()).toContain('API docs:');
}

async function exitOf({ child }: Server): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}

/** Every file of the build, with its size and time. */
const built = () =>
  readdirSync(join(root, 'dist'), { recursive: true, encoding: 'utf8' }).map((file) => {
    const { size, mtimeMs } = statSync(join(root, 'dist', file));
    return `${file} ${size} ${mtimeMs}`;
  });

let buildBefore: string[];
beforeEach(() => {
  buildBefore = built();
});
/** Checks that none of these processes runs, that their folders are removed, and that the build has not changed. */
function expectNothingLeft(pids: readonly number[]): void {
  expect(pids.filter(isAlive)).toEqual([]);
  expect(readdirSync(temporary).filter((name) => name.startsWith('unroll-serve-'))).toEqual([]);
  expect(built()).toEqual(buildBefore);
}

test('two at once: each serves its own version of a name', async () => {
  const models = [await tinyModel('tiny', { seed: 1 }), await tinyModel('tiny', { seed: 2 }), await tinyModel('other')] as const;
  const servers = await Promise.all(models.map((model, i) => serve(write(`${i}.safetensors`, model))));
  await Promise.all(servers.map(ready));
  const pids = servers.flatMap(({ child }) => family(child.pid as number));
  for (const [i, { url }] of servers.entries()) {
    const name = models[i]?.artifact.name ?? '';
    const listed = (await createClient({ url }).models()).filter(({ builtIn }) => !builtIn);
    expect(listed).toMatchObject([{ name, digest: models[i]?.digest }]);
    expect((await createClient({ url }).predict(name, ['the food was good'])).predictions).toHaveLength(1);
  }
  for (const { child } of servers) child.kill('SIGINT');
  expect(await Promise.all(servers.map(exitOf))).toEqual([0, 0, 0]);
  expectNothingLeft(pids);
});

test('serves page, docs and states; a relative path is relative to where npm was called', async () => {
  const directory = join(root, 'models');
  const server = await serve(relative(directory, write('here.safetensors', await tinyModel('tiny'))), directory);
  await ready(server);
  const { url, output } = server;
  expect(output()).toContain(`Serving 'tiny' at ${url}`);
  expect(await (await fetch(url)).text()).toContain('<h1>Unroll</h1>');
  expect((await fetch(`${url}/docs/swagger-ui-bundle.js`)).status).toBe(200);
  expect((await createClient({ url }).predict('tiny', ['the food'], { state: null })).state).toMatch(/^[\w-]{50,}$/);
  server.child.kill('SIGTERM');
  await exitOf(server);
  await expect(fetch(url)).rejects.toThrow();
});

describe('the printed commands', () => {
  const run = (output: string) =>
    Array.from(output.matchAll(/Try it: +(.*)/g), ([, command = '']) => {
      const { stdout } = spawnSync('sh', ['-c', command], { encoding: 'utf8', timeout: 20_000 });
      return { command, stdout };
    });

  test.each([
    ['a classifier', () => tinyModel('asked')],
    ['a forecast', () => tinyForecaster('asked')],
  ] as const)('run in sh and ask about an example: %s', async (_, make) => {
    const server = await serve(write('asked.safetensors', await make()));
    await ready(server);
    const [asked, ...more] = run(server.output());
    expect(more).toEqual([]);
    expect(JSON.parse(asked?.stdout ?? '')).toMatchObject({ model: { name: 'asked' }, predictions: [{}] });
    server.child.kill('SIGTERM');
    await exitOf(server);
  });

  test('request the next token and more text from a text generator', async () => {
    const server = await serve(write('asked.safetensors', await tinyWriter('asked')));
    await ready(server);
    const [next, text] = run(server.output());
    expect(JSON.parse(next?.stdout ?? '')).toMatchObject({ predictions: [{ next: expect.any(Array) }] });
    expect(text?.stdout).toMatch(/^event: token\n.*event: done\n/s);
    server.child.kill('SIGTERM');
    await exitOf(server);
  });
});

describe('the end', () => {
  test.each([0, 400, 800, 1600])('by SIGTERM to npm, %i ms after its start', async (milliseconds) => {
    const server = await serve(write('ended.safetensors', await tinyModel('tiny')));
    await sleep(milliseconds);
    const pids = family(server.child.pid as number);
    server.child.kill('SIGTERM');
    await exitOf(server);
    while (pids.some(isAlive)) await sleep(50);
    expectNothingLeft(pids);
    await expect(fetch(server.url)).rejects.toThrow();
  });

  test('by a crash of the server', async () => {
    const server = await serve(write('crashed.safetensors', await tinyModel('tiny')));
    await ready(server);
    const pids = family(server.child.pid as number);
    const workerd = pids.filter((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('wrangler.js'));
    expect(workerd.length).toBeGreaterThan(0);
    for (const pid of workerd) process.kill(pid, 'SIGKILL');
    expect(await exitOf(server)).not.toBe(0);
    expect(server.output()).toContain('serve: the server ended by itself');
    expectNothingLeft(pids);
  });

  test('by a file that is not a model, with its name', async () => {
    writeFileSync(join(scratch, 'bad.safetensors'), 'not a model');
    const server = await serve(join(scratch, 'bad.safetensors'));
    const pids = family(server.child.pid as number);
    expect(await exitOf(server)).not.toBe(0);
    expect(server.output()).toMatch(/serve: .*bad\.safetensors: safetensors: /);
    expectNothingLeft(pids);
  });

  test('by a port that another process has', async () => {
    const first = await serve(write('first.safetensors', await tinyModel('tiny')));
    await ready(first);
    const second = spawnSync(
      process.execPath,
      [join(root, 'scripts/serve.ts'), '--model', join(scratch, 'first.safetensors'), '--port', String(first.port)],
      { encoding: 'utf8', env: { ...process.env, TMPDIR: temporary } },
    );
    expect(second.stderr).toContain(`cannot listen on port ${first.port}`);
    expect(second.status).not.toBe(0);
    first.child.kill('SIGTERM');
    await exitOf(first);
  });
});
