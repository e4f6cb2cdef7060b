/**
 * npm run load -w @unroll/bench -- [--minutes 10] [--url https://...] [--json]: the edge app under mixed requests over 8 connections, one in a
 * hundred malformed. Every answer is compared with the first one to the same request. Without a URL: the built bundle in bare workerd.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { program } from 'commander';
import { Pool } from 'undici';
import { peerCache } from '../contestants.ts';
import { residentBytes, startWorkerd } from './workerd.ts';

const CONNECTIONS = 8;
const MALFORMED_SHARE = 0.01;
const SAMPLE_MS = 2000;

interface Request {
  method: 'GET' | 'POST';
  path: string;
  body?: string;
}

const post = (path: string, body: unknown): Request => ({ method: 'POST', path, body: JSON.stringify(body) });
const series = (rows: number, shift: number) => {
  const column = (scale: number, length: number) =>
    Array.from({ length }, (_, i) => Number((scale * (1 + Math.sin((i + shift) / 5))).toFixed(3)));
  return {
    precipitation: column(2, rows),
    temp_max: column(10, rows),
    temp_min: column(5, rows),
    wind: column(2, rows),
    year_sin: column(0.5, rows + 7),
    year_cos: column(0.5, rows + 7),
  };
};
const words = ['the', 'food', 'was', 'not', 'good', 'but', 'I', 'loved', 'it', 'terrible', 'service', 'wonderful', 'waste', 'of', 'money'];
const sentence = (seed: number, length: number) =>
  Array.from({ length }, (_, i) => words[(seed * 7 + i * (seed + 3)) % words.length]).join(' ');

/** The kinds of requests. Each has so many variants that no cached answer is served. */
const kinds: ((n: number) => Request)[] = [
  (n) => post('/v1/models/sentiment/predict', { inputs: [sentence(n, 5 + (n % 40))] }),
  (n) => post('/v1/models/sentiment/predict', { inputs: Array.from({ length: 1 + (n % 16) }, (_, i) => sentence(n + i, 12)) }),
  (n) => post('/v1/models/sentiment/predict', { inputs: [sentence(n, 20)], everyStep: true }),
  (n) => post('/v1/models/weather/predict', { inputs: [series(10 + (n % 30), n)] }),
  (n) => post('/v1/models/moby-dick/predict', { inputs: [`Call me ${sentence(n, 4)}`] }),
  (n) => post('/v1/models/moby-dick/generate', { prompt: 'Call me ', maxTokens: 10 + (n % 20), seed: n }),
  (n) => ({ method: 'GET', path: `/v1/models/${['sentiment', 'weather', 'moby-dick'][n % 3]}` }),
  () => ({ method: 'GET', path: '/v1/models' }),
  () => ({ method: 'GET', path: '/healthz' }),
];
const VARIANTS = 500;

const malformed: Request[] = [
  { method: 'POST', path: '/v1/models/sentiment/predict', body: '{"inputs": [' },
  post('/v1/models/sentiment/predict', { inputs: [5] }),
  post('/v1/models/sentiment/predict', { inputs: ['x'.repeat(30_000)] }),
  post('/v1/models/absent/predict', { inputs: ['x'] }),
  post('/v1/models/..%2f..%2fetc/predict', { inputs: ['x'] }),
  post('/v1/models/weather/predict', { inputs: [{ temp_max: [1] }] }),
  post('/v1/models/sentiment/generate', { prompt: 'x' }),
  { method: 'GET', path: '/v1/sessions/some-session?model=sentiment' },
  { method: 'GET', path: '/nothing/here' },
];

interface Result {
  seconds: number;
  requests: number;
  perSecond: number;
  statuses: Record<string, number>;
  wrong: string[];
  /** Resident MB every two seconds, of a local process. */
  residentMb: number[];
}

program
  .option('--minutes <number>', 'how long', Number, 10)
  .option('--url <url>', 'a deployment to ask instead')
  .option('--json', 'end with one line of JSON', false)
  .action(async ({ minutes, url, json }: { minutes: number; url?: string; json: boolean }) => {
    const local = url === undefined ? await startLocal() : undefined;
    const result = await run(url ?? (local?.url as string), minutes * 60, () => (local ? residentBytes(local.process) : 0));
    local?.stop();
    const { requests, perSecond, statuses, wrong, residentMb, seconds } = result;
    console.log(`${requests} requests in ${seconds.toFixed(0)} s, ${perSecond.toFixed(0)} a second over ${CONNECTIONS} connections`);
    console.log(
      `statuses: ${Object.entries(statuses)
        .map(([status, count]) => `${status} ${count}`)
        .join(', ')}`,
    );
    console.log(`wrong answers: ${wrong.length}`);
    for (const line of wrong.slice(0, 5)) console.log(`  ${line}`);
    const growth = growthOf(residentMb);
    if (residentMb.length > 8)
      console.log(`resident: ${residentMb.at(-1)?.toFixed(0)} MB; the last third of the time ${growth.toFixed(2)}x the second`);
    if (json) console.log(JSON.stringify({ suite: 'load', ...result, growth }));
    const failed = wrong.length > 0 || Object.keys(statuses).some((status) => Number(status) >= 500);
    if (failed) process.exitCode = 1;
  });

async function startLocal() {
  const edge = dirname(createRequire(import.meta.url).resolve('@unroll/edge/package.json'));
  const directory = join(peerCache, 'load');
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  cpSync(join(edge, 'dist/worker'), directory, { recursive: true, filter: (path) => !/\.(map|md)$/.test(path) });
  const assets = join(peerCache, 'load-assets');
  rmSync(assets, { recursive: true, force: true });
  cpSync(join(edge, 'dist/assets'), assets, { recursive: true });
  const ready = async (origin: string) => {
    if (!(await fetch(`${origin}/readyz`)).ok) throw new Error('not ready');
  };
  return startWorkerd(directory, { assets, sessions: true }, ready);
}

async function run(url: string, seconds: number, resident: () => number): Promise<Result> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const expected = new Map<string, string>();
  const statuses: Record<string, number> = {};
  const wrong: string[] = [];
  const residentMb: number[] = [];
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const sampling = setInterval(() => residentMb.push(resident() / 1024 / 1024), SAMPLE_MS);
  let count = 0;

  async function connection() {
    while (elapsed() < seconds) {
      const n = count++;
      const bad = n % Math.round(1 / MALFORMED_SHARE) === 7;
      const kind = kinds[n % kinds.length] as (n: number) => Request;
      const request = bad ? (malformed[n % malformed.length] as Request) : kind(Math.floor(n / kinds.length) % VARIANTS);
      const { method, path, body } = request;
      const answer = await pool.request({
        method,
        path,
        headers: { 'content-type': 'application/json' },
        ...(body !== undefined && { body }),
      });
      const text = await answer.body.text();
      statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
      const right = bad ? answer.statusCode >= 400 && answer.statusCode < 500 : answer.statusCode === 200;
      const key = `${method} ${path} ${body ?? ''}`;
      const told = `${answer.statusCode} ${lasting(text)}`;
      const before = expected.get(key);
      if (before === undefined) expected.set(key, told);
      if (!right || (before !== undefined && before !== told))
        wrong.push(`${key.slice(0, 120)}: ${told.slice(0, 200)}, before: ${before?.slice(0, 200)}`);
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  clearInterval(sampling);
  await pool.close();
  return { seconds: elapsed(), requests: count, perSecond: count / elapsed(), statuses, wrong, residentMb };
}

/** An answer without the parts that differ each time. */
const lasting = (text: string) => text.replace(/"timing":\{[^}]*\}|"requestId":"[^"]*"/g, '');

/** The mean of the last third divided by the mean of the second third; 1 means that memory is flat. */
function growthOf(samples: readonly number[]): number {
  const third = Math.floor(samples.length / 3);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  return mean(samples.slice(2 * third)) / mean(samples.slice(third, 2 * third));
}

await program.parseAsync();
