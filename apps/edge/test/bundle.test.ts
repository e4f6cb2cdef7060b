/** The bundle that `wrangler deploy` would upload (made by npm run build), in its own workerd. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { type BareWorkerd, startBareWorkerd } from './bare-workerd.ts';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'dist/worker');
const scratch = mkdtempSync(join(tmpdir(), 'unroll-edge-'));
const processes: ChildProcess[] = [];

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

test('script and WASM together stay within 210 KB compressed, without the built-in models', () => {
  const files = readdirSync(bundle).filter((file) => /\.(js|wasm)$/.test(file));
  expect(files.filter((file) => file.endsWith('.wasm'))).toHaveLength(2);
  const bytes = files.reduce((sum, file) => sum + gzipSync(readFileSync(join(bundle, file)), { level: 9 }).length, 0);
  expect(bytes).toBeLessThanOrEqual(210_000);
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
