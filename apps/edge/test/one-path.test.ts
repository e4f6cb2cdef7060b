/**
 * From a row to an answer there is one path: for every kind of data, the score that training reports is that of the files it writes, in
 * float32 and in int8, by `unroll eval`, by `unroll predict` and by the Worker.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import { createClient } from '@unroll/client/client.ts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DevServer, startDevServer } from '../scripts/dev-server.ts';
import { newKey } from '../scripts/new-key.ts';
import { type Kind, kinds, moduleOf, SEED } from './one-path/kinds.ts';
import { freePort } from './servers.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-one-path-'));
const cli = join(import.meta.dirname, '../../train/src/cli.ts');
/** Inputs of one request. */
const BATCH = 64;
/** Kernels of the Worker and of Node may round differently. */
const DIGITS = 4;

const stopping = new AbortController();
const key = newKey('one-path');
let server: DevServer | undefined;
let client: ReturnType<typeof createClient>;
beforeAll(async () => {
  const directory = mkdtempSync(join(scratch, 'dev-'));
  server = await startDevServer({ port: String(await freePort()), directory, key }, stopping.signal);
  client = createClient({ url: server?.url ?? '', key });
});
afterAll(async () => {
  await server?.stop();
  rmSync(scratch, { recursive: true, force: true });
});

async function unroll(args: readonly string[], lines: readonly string[] = []): Promise<string> {
  const child = spawn(process.execPath, [cli, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(lines.map((line) => `${line}\n`).join(''));
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`unroll ${args.join(' ')} ended with ${code}: ${await err}`);
  return out;
}

/** The files of a run of a kind's recipe. */
async function train(kind: Kind): Promise<{ recipe: string; directory: string; best: string; model: string }> {
  const directory = join(scratch, kind.name);
  mkdirSync(directory);
  for (const [name, content] of Object.entries(kind.files)) writeFileSync(join(directory, name), content);
  const recipe = join(directory, 'tiny.recipe.js');
  writeFileSync(recipe, moduleOf(kind));
  await unroll(['train', recipe, '--seed', String(SEED), '--workers', '1', '--runs', join(directory, 'runs')]);
  const [run = ''] = readdirSync(join(directory, 'runs'));
  const file = (name: string) => join(directory, 'runs', run, name);
  return { recipe, directory, best: file('best.safetensors'), model: file('model.safetensors') };
}

async function askCommand({ asked }: Kind, directory: string, model: string): Promise<string> {
  if ('file' in asked) return unroll(['predict', '--model', model, join(directory, asked.file)]);
  return unroll(['predict', model, '--temperature', '0', '--length', '40'], asked.lines);
}

async function askWorker({ inputs, everyStep = false }: Kind, name: string): Promise<unknown[]> {
  const batches = Array.from({ length: Math.ceil(inputs.length / BATCH) }, (_, i) => inputs.slice(i * BATCH, (i + 1) * BATCH));
  const answers: unknown[] = [];
  for (const batch of batches) answers.push(...(await client.predict(name, batch as never, { everyStep })).predictions);
  return answers;
}

/** The first figure after a model's name in a table of the command line. */
function figureIn(table: string, metric: string): number {
  const [head = '', row = ''] = table.split('\n').filter((line) => line.includes(metric) || line.includes('.safetensors'));
  const cell = row.slice(head.indexOf(metric)).trim();
  const figure = Number.parseFloat(cell);
  return /^\S+ %/.test(cell) ? figure / 100 : figure;
}

describe.each(kinds)('$name', (kind) => {
  let run: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    run = await train(kind);
  }, 300_000);

  test.each(['best', 'model'] as const)('%s.safetensors scores the same everywhere', async (which) => {
    const path = run[which];
    const bytes = new Uint8Array(readFileSync(path));
    const table = await unroll(['eval', path, '--recipe', run.recipe]);
    await client.publish(`${kind.name}-${which}`, bytes);
    const answers = await askWorker(kind, `${kind.name}-${which}`);
    const score = kind.score(answers);
    expect(score).toBeCloseTo((await decodeArtifact(bytes)).metrics[kind.metric] as number, DIGITS);
    expect(figureIn(table, kind.metric)).toBeCloseTo(score, 2);

    const said = await askCommand(kind, run.directory, path);
    if (kind.name === 'corpus') {
      let written = 'abc';
      for await (const event of client.generate(`${kind.name}-${which}`, { prompt: 'abc', maxTokens: 40, temperature: 0 })) {
        if (event.event === 'token') written += event.text;
      }
      expect(said).toBe(`${written}\n`);
      return;
    }
    const local = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const wanted = kind.name === 'series' ? answers.slice(-1) : answers;
    expect(local).toHaveLength(wanted.length);
    for (const [i, answer] of local.entries()) {
      const { text: _, input: __, line: ___, ...own } = answer;
      expectClose(own, wanted[i]);
    }
  });
});

/** Equal, numbers within rounding. */
function expectClose(value: unknown, wanted: unknown): void {
  if (typeof wanted === 'number') expect(value).toBeCloseTo(wanted, DIGITS);
  else if (typeof wanted === 'object' && wanted !== null) {
    expect(Object.keys(value as object)).toEqual(Object.keys(wanted));
    for (const [key, part] of Object.entries(wanted)) expectClose((value as Record<string, unknown>)[key], part);
  } else expect(value).toEqual(wanted);
}
