import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Environment } from './environment.ts';

export interface WorkerdOptions {
  folder: string;
  host: string;
  port: string;
  environment: Environment;
}

export interface Workerd {
  url: string;
  /** Resolves when workerd ends, with its exit code or signal. */
  ended: Promise<string>;
  /** Lets running requests finish, then stops workerd. */
  stop(): Promise<void>;
}

/** Shorter than the 10 seconds after which Docker kills. Open sessions keep workerd waiting; their states are stored. */
const DRAIN_MS = 8000;

/** The kernels start in a tenth of a second. */
const READY_MS = 30_000;

/** Starts workerd and waits until it is ready. Undefined if the signal comes first. @throws if it does not become ready. */
export async function startWorkerd({ folder, host, port, environment }: WorkerdOptions, signal: AbortSignal): Promise<Workerd | undefined> {
  const named = host.includes(':') ? `[${host}]` : host;
  const child = spawn(
    workerdBinary(),
    [
      'serve',
      join(import.meta.dirname, 'unroll.capnp'),
      `--socket-addr=http=${named}:${port}`,
      `--directory-path=assets=${join(import.meta.dirname, '../assets')}`,
      `--directory-path=data=${folder}`,
      '--control-fd=3',
    ],
    // A process group of its own, so that Ctrl-C in a terminal reaches only this process, which lets requests finish.
    { env: environment as NodeJS.ProcessEnv, stdio: ['ignore', 'inherit', 'inherit', 'pipe'], detached: true },
  );
  process.once('exit', () => child.kill('SIGKILL'));
  const ended = endOf(child);
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([ended, sleep(DRAIN_MS, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await ended;
  };

  const listening = listeningPort(child.stdio[3] as Readable);
  const begun = await Promise.race([listening, ended]);
  if (typeof begun === 'string') throw new Error(`workerd ended while it started (${begun}); its messages are above`);
  const address = { '0.0.0.0': '127.0.0.1', '::': '[::1]' }[host] ?? named;
  const url = `http://${address}:${begun}`;
  const refused = await readiness(url);
  if (refused === undefined && !signal.aborted) return { url, ended, stop };
  await stop();
  if (signal.aborted) return undefined;
  throw new Error(`the server started but is not ready: ${refused}`);
}

/** The binary itself. The package's command may be a Node script that starts it. */
function workerdBinary(): string {
  return (createRequire(import.meta.url)('workerd') as { default: string }).default;
}

const endOf = (child: ChildProcess) =>
  new Promise<string>((resolve) => {
    child.once('error', ({ message }) => resolve(message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });

/** The port in workerd's first control message. */
function listeningPort(control: Readable): Promise<number> {
  return new Promise((resolve) => {
    createInterface(control).on('line', (line) => {
      const { event, port } = JSON.parse(line) as { event: string; port: number };
      if (event === 'listen') resolve(port);
    });
  });
}

/** Undefined if the kernels have started and the bucket answers, else the reason. */
async function readiness(url: string): Promise<string | undefined> {
  const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(READY_MS) }).catch((error: Error) => error);
  if (response instanceof Error) return response.message;
  return response.ok ? undefined : `GET /readyz answers ${response.status} ${await response.text()}`;
}
