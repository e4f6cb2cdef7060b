import { Pool } from 'undici';
import { median } from '../compare.ts';
import { idsOf, textOf } from './bench-model.ts';
import { buildContestants, gzippedBytes, LARGE, scratchDirectory } from './contestants.ts';
import { cpuMs, residentBytes, startWorkerd, type Workerd, type WorkerdOptions } from './workerd.ts';

export interface EdgeFigures {
  /** One prediction inside the isolate: median milliseconds, and each peer's time over ours. */
  inIsolate: { ms: Record<string, number>; ratio: Record<string, number>; p95: number };
  /** With 8 connections: requests per second, our rate over the peer's, and CPU milliseconds per request of the whole process. */
  http: { perSecond: Record<string, number>; ratio: Record<string, number>; cpuMs: Record<string, number> };
  /** Time from the start of the process to the first prediction. */
  start: { ms: Record<string, number>; ratio: Record<string, number> };
  bundleBytes: Record<string, number>;
  /** Resident bytes after three models of 2 MB have answered, those of an empty Worker, and the difference. */
  memoryBytes: { app: number; empty: number; above: number };
  skipped: string[];
}

const CONNECTIONS = 8;
const beforeNode = { compatibilityDate: '2026-07-01' };
/** Consecutive predictions, each of a different text. */
const CALLS = 100;

/** Measures the figures of the suite `edge` in bare workerd. Contestants take turns. */
export async function measureEdge(quick: boolean): Promise<EdgeFigures> {
  const built = await buildContestants(scratchDirectory());
  const { ours, ours14, tfjs, onnxruntime, empty, app, largeApp, assets, skipped } = built;
  const appOptions = { assets, sessions: true };
  const rounds = quick ? 3 : 11;

  const isolates: [string, string, WorkerdOptions?][] = [
    ['unroll', ours],
    ['unroll, 14-bit', ours14],
    ['tfjs-core', tfjs],
    ...(onnxruntime ? [['onnxruntime-web', onnxruntime, beforeNode] as [string, string, WorkerdOptions]] : []),
  ];
  const inIsolate = await timeInIsolate(isolates, rounds);

  const servers: [string, () => Promise<Workerd & { startMs: number }>, Ask][] = [
    ['unroll', () => startWorkerd(app, appOptions, (url) => askOnce(url, askApp, 0)), askApp],
    ...(onnxruntime
      ? [
          [
            'onnxruntime-web',
            () => startWorkerd(onnxruntime, beforeNode, (url) => askOnce(url, askOnnxruntime, 0)),
            askOnnxruntime,
          ] as const,
        ]
      : []),
  ] as never;

  const starts: Record<string, number[]> = {};
  for (let round = 0; round < (quick ? 3 : 9); round++) {
    for (const [name, start] of servers) {
      const running = await start();
      running.stop();
      starts[name] = [...(starts[name] ?? []), running.startMs];
    }
  }

  const perSecond: Record<string, number[]> = {};
  const cpu: Record<string, number[]> = {};
  const running = await Promise.all(servers.map(async ([name, start, ask]) => ({ name, ask, server: await start() })));
  let number = 1;
  for (let round = 0; round < rounds; round++) {
    for (const { name, ask, server } of running) {
      const before = cpuMs(server.process);
      const { requests, seconds } = await load(server.url, ask, () => number++, quick ? 500 : 2000);
      if (round === 0) continue;
      perSecond[name] = [...(perSecond[name] ?? []), requests / seconds];
      cpu[name] = [...(cpu[name] ?? []), (cpuMs(server.process) - before) / requests];
    }
  }
  for (const { server } of running) server.stop();

  const [us = '', ...peers] = servers.map(([name]) => name);
  const over = (values: Record<string, number[]>, invert: boolean) =>
    Object.fromEntries(
      peers.map((peer) => {
        const ratios = (values[peer] as number[]).map((value, i) => value / ((values[us] as number[])[i] as number));
        return [peer, median(invert ? ratios.map((ratio) => 1 / ratio) : ratios)];
      }),
    );
  return {
    inIsolate,
    http: { perSecond: mediansOf(perSecond), ratio: over(perSecond, true), cpuMs: mediansOf(cpu) },
    start: { ms: mediansOf(starts), ratio: over(starts, false) },
    bundleBytes: { unroll: gzippedBytes(app), ...(onnxruntime && { 'onnxruntime-web': gzippedBytes(onnxruntime) }) },
    memoryBytes: await memory(largeApp, appOptions, empty),
    skipped,
  };
}

async function timeInIsolate(contestants: readonly [string, string, WorkerdOptions?][], rounds: number): Promise<EdgeFigures['inIsolate']> {
  const running = await Promise.all(
    contestants.map(async ([name, directory, options = {}]) => ({
      name,
      server: await startWorkerd(directory, options, (url) => inARow(url, 1, 0)),
      times: [] as number[],
    })),
  );
  const [first] = running;
  const answers = await Promise.all(running.map(({ server }) => inARow(server.url, 1, 7)));
  for (const [i, { answer }] of answers.entries()) {
    // int8 weights against float32 ones.
    const off = Math.abs(answer - (answers[0]?.answer as number));
    if (!(off < 0.02))
      throw new Error(`bench: ${running[i]?.name} answers ${answer}, ours answers ${answers[0]?.answer}: the models differ`);
  }
  for (let round = 0; round <= rounds; round++) {
    for (const { server, times } of running) {
      const { milliseconds } = await inARow(server.url, CALLS, round * CALLS);
      // The first round is the warm-up.
      if (round > 0) times.push(milliseconds);
    }
  }
  for (const { server } of running) server.stop();
  const ours = first?.times ?? [];
  return {
    ms: Object.fromEntries(running.map(({ name, times }) => [name, median(times)])),
    ratio: Object.fromEntries(
      running.slice(1).map(({ name, times }) => [name, median(times.map((time, i) => time / (ours[i] as number)))]),
    ),
    p95: ours.toSorted((a, b) => a - b)[Math.floor(ours.length * 0.95)] ?? Number.NaN,
  };
}

const inARow = async (url: string, times: number, from: number) =>
  (await (await fetch(`${url}/?times=${times}&from=${from}`)).json()) as { answer: number; milliseconds: number };

type Ask = (number: number) => { path: string; body: string };
const askApp: Ask = (number) => ({ path: '/v1/models/bench/predict', body: JSON.stringify({ inputs: [textOf(number)] }) });
const askOnnxruntime: Ask = (number) => ({ path: '/', body: JSON.stringify({ ids: idsOf(number) }) });

const headers = { 'content-type': 'application/json' };

async function askOnce(url: string, ask: Ask, number: number): Promise<void> {
  const { path, body } = ask(number);
  const response = await fetch(url + path, { method: 'POST', headers, body });
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

/** Sends requests over several connections for a while. Each connection sends the next request once it has an answer. */
async function load(url: string, ask: Ask, next: () => number, milliseconds: number): Promise<{ requests: number; seconds: number }> {
  const pool = new Pool(url, { connections: CONNECTIONS });
  const started = performance.now();
  let requests = 0;
  const connection = async () => {
    while (performance.now() - started < milliseconds) {
      const { path, body } = ask(next());
      const { statusCode, body: answer } = await pool.request({ path, method: 'POST', headers, body });
      await answer.arrayBuffer();
      if (statusCode !== 200) throw new Error(`bench: ${path} answered ${statusCode}`);
      requests++;
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  const seconds = (performance.now() - started) / 1000;
  await pool.close();
  return { requests, seconds };
}

async function memory(app: string, options: object, empty: string): Promise<EdgeFigures['memoryBytes']> {
  const askLarge = async (url: string) => {
    for (const name of LARGE) {
      const response = await fetch(`${url}/v1/models/${name}/predict`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ inputs: [textOf(1)] }),
      });
      if (!response.ok) throw new Error(`${response.status}`);
      await response.arrayBuffer();
    }
  };
  const [full, none] = [await startWorkerd(app, options, askLarge), await startWorkerd(empty, {}, (url) => fetch(url))];
  await new Promise((resolve) => setTimeout(resolve, 500));
  const [appBytes, emptyBytes] = [residentBytes(full.process), residentBytes(none.process)];
  full.stop();
  none.stop();
  return { app: appBytes, empty: emptyBytes, above: appBytes - emptyBytes };
}

const mediansOf = (values: Record<string, number[]>) =>
  Object.fromEntries(Object.entries(values).map(([name, all]) => [name, median(all)]));
