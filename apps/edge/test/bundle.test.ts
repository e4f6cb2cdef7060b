/** The bundle that `wrangler deploy` would upload (npm run build made it), in a workerd of its own. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { unpublishLocally } from '../scripts/publish.ts';
import { tinyModel } from '../src/testing/tiny-model.ts';
import { type BareWorkerd, startBareWorkerd } from './bare-workerd.ts';
import { freePort, waitFor } from './servers.ts';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'dist/worker');
const scratch = mkdtempSync(join(tmpdir(), 'unroll-edge-'));
const model = join(scratch, 'tiny.safetensors');
const processes: ChildProcess[] = [];

beforeAll(async () => writeFileSync(model, (await tinyModel('tiny')).bytes));
afterAll(() => {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true });
});

async function bare(bindings: Record<string, string>): Promise<BareWorkerd> {
  const started = await startBareWorkerd(mkdtempSync(join(scratch, 'bare-')), bindings);
  processes.push(started.process);
  return started;
}

async function predict(origin: string, model: string, text: string): Promise<{ predictions: { labels: string[] }[] }> {
  const response = await fetch(`${origin}/v1/models/${model}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ inputs: [text] }),
  });
  expect(response.status).toBe(200);
  return (await response.json()) as { predictions: { labels: string[] }[] };
}

test('script and WASM together stay within 280 KB compressed', () => {
  const files = readdirSync(bundle).filter((file) => /\.(js|wasm)$/.test(file));
  expect(files.filter((file) => file.endsWith('.wasm'))).toHaveLength(2);
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(bundle, file)), { level: 9 }).length, 0);
  expect(bytes).toBeLessThanOrEqual(280_000);
});

test('the types of the bindings are those of wrangler.jsonc', () => {
  const made = 'dist/deployed-env.d.ts';
  execFileSync(process.execPath, [join(root, 'scripts/types.ts'), made]);
  expect(readFileSync(join(root, made), 'utf8')).toBe(readFileSync(join(root, 'src/deployed-env.d.ts'), 'utf8'));
});

describe('in bare workerd', () => {
  test('the built-in models answer at once', async () => {
    const { origin, process } = await bare({});
    const { models } = (await (await fetch(`${origin}/v1/models`)).json()) as { models: { name: string; builtIn: boolean }[] };
    expect(models.map(({ name, builtIn }) => [name, builtIn])).toEqual([
      ['moby-dick', true],
      ['sentiment', true],
      ['weather', true],
    ]);
    const [answer] = (await predict(origin, 'sentiment', 'What a wonderful film.')).predictions;
    expect(answer?.labels).toEqual(['positive']);
    expect(await (await fetch(`${origin}/readyz`)).json()).toEqual({ status: 'ready' });
    process.kill('SIGKILL');
  });
});

describe('npm run serve', () => {
  test('publishes the model, serves page, docs and predictions, and ends without leaving a process', async () => {
    const port = await freePort();
    const server = spawn(process.execPath, [join(root, 'scripts/serve.ts'), '--model', model, '--port', String(port)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    processes.push(server);
    let said = '';
    server.stdout.on('data', (chunk) => (said += chunk));
    const origin = `http://127.0.0.1:${port}`;
    await waitFor(`${origin}/healthz`, server);
    expect((await predict(origin, 'tiny', 'the food was good')).predictions).toHaveLength(1);
    expect(await (await fetch(origin)).text()).toContain('<h1>Unroll</h1>');
    expect((await fetch(`${origin}/docs/swagger-ui-bundle.js`)).status).toBe(200);
    expect((await fetch(`${origin}/models/index.json`)).status).toBe(404);
    expect(said).toContain(`Serving 'tiny' at ${origin}`);
    expect(said).toContain(`curl -s ${origin}/v1/models/tiny/predict`);
    const body = JSON.stringify({ inputs: ['the food'], state: null });
    const begun = await fetch(`${origin}/v1/models/tiny/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(((await begun.json()) as { state: string }).state).toMatch(/^[\w-]{50,}$/);

    server.kill('SIGINT');
    const [code] = (await once(server, 'exit')) as [number];
    expect(code).toBe(0);
    await expect(fetch(origin)).rejects.toThrow();
    unpublishLocally('tiny');
  });

  test('names a file that is no model', async () => {
    const bad = join(scratch, 'bad.safetensors');
    writeFileSync(bad, 'not a model');
    const server = spawn(process.execPath, [join(root, 'scripts/serve.ts'), '--model', bad], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    server.stderr.on('data', (chunk) => (said += chunk));
    const [code] = (await once(server, 'exit')) as [number];
    expect(code).not.toBe(0);
    expect(said).toMatch(/safetensors: /);
  });
});
