import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expectFreePort } from './free-port.ts';
import { describeKey } from './new-key.ts';
import { wranglerBinary, wranglerEnvironment } from './wrangler.ts';

export interface DevServer {
  url: string;
  /** Resolves when wrangler ends, for any reason. */
  exit: Promise<void>;
  /** The end of wrangler's output. */
  log(): string;
  /** Prints wrangler's output from now on. */
  showLog(): void;
  /** Stops wrangler and all processes it started. */
  stop(): Promise<void>;
}

export interface DevServerOptions {
  port: string;
  /** The folder for everything that the server stores. */
  directory: string;
  /** A key that may predict and publish. */
  key: string;
}

const START_TIMEOUT_MS = 60_000;
/** How long wrangler may take to end before it is killed. */
const STOP_TIMEOUT_MS = 4000;
const LOG_CHARACTERS = 20_000;

/** Starts `wrangler dev` and waits until it answers. Undefined if the signal comes first. @throws with wrangler's output if it fails. */
export async function startDevServer(options: DevServerOptions, signal: AbortSignal): Promise<DevServer | undefined> {
  await expectFreePort(Number(options.port));
  const { child, log } = spawnWrangler(options);
  // Also when this process ends by an error, and before its folder is removed.
  process.prependListener('exit', () => killGroup(child));
  const exit = once(child, 'exit').then(() => undefined);
  const stop = async () => {
    child.kill('SIGTERM');
    await Promise.race([exit, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
    killGroup(child);
    await exit;
  };

  const url = `http://127.0.0.1:${options.port}`;
  const isRunning = () => child.exitCode === null && child.signalCode === null && !signal.aborted;
  if (!(await answers(`${url}/healthz`, isRunning))) {
    await stop();
    if (signal.aborted) return undefined;
    throw new Error(`workerd did not start on port ${options.port}:\n${log()}`);
  }
  return {
    url,
    exit,
    log,
    stop,
    showLog() {
      child.stdout?.pipe(process.stderr);
      child.stderr?.pipe(process.stderr);
    },
  };
}

function spawnWrangler({ port, directory, key }: DevServerOptions) {
  const keys = JSON.stringify([describeKey(key, { id: 'serve', scopes: ['predict', 'admin'] })]);
  const secrets = join(directory, 'secrets');
  // A file, because the process list shows arguments. Signed states are valid until the server ends.
  writeFileSync(secrets, `API_KEYS='${keys}'\nSTATE_SECRET=${randomBytes(32).toString('hex')}\n`, { mode: 0o600 });
  const args = ['dev', '--env', '', '--ip', '127.0.0.1', '--port', port, '--inspector-port', '0', '--log-level', 'warn'];
  args.push('--env-file', secrets, '--persist-to', join(directory, 'state'), '--show-interactive-dev-session=false');
  const child = spawn(process.execPath, [wranglerBinary(), ...args], {
    cwd: join(import.meta.dirname, '..'),
    env: wranglerEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A separate process group: it can be killed as a whole, and Ctrl-C in a terminal reaches only this process.
    detached: true,
  });
  // wrangler's output is needed only for an error.
  let said = '';
  const keep = (chunk: Buffer) => {
    said = (said + chunk).slice(-LOG_CHARACTERS);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return { child, log: () => said };
}

function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // Nothing is left of it.
  }
}

/** Whether a URL answers with success before the time is up or the server ends. */
async function answers(url: string, isRunning: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && isRunning()) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok) return true;
    await sleep(100);
  }
  return false;
}
