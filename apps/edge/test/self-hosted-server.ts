import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createClient } from '@unroll/client/client.ts';
import { describeKey, newKey } from '../scripts/new-key.ts';
import { family } from './servers.ts';

const script = join(import.meta.dirname, '../dist/self-hosted/serve.js');
const started: ChildProcess[] = [];

/** A key that may predict and publish. */
export const KEY = newKey('self-hosted-test');

export const SETTINGS: Readonly<Record<string, string>> = {
  API_KEYS: JSON.stringify([describeKey(KEY, { id: 'self-hosted-test', scopes: ['predict', 'admin'] })]),
  STATE_SECRET: 'sixteen letters!',
};

export interface SelfHosted {
  child: ChildProcess;
  output(): string;
  /** Resolves to the exit code. */
  ended: Promise<number | null>;
  url: string;
  client: ReturnType<typeof createClient>;
  /** kill -9 for the server and workerd. */
  kill(): Promise<void>;
  /** SIGTERM; resolves to the exit code. */
  stop(): Promise<number | null>;
}

/** Runs the built server with options and environment variables until it ends. */
export function runServer(args: readonly string[], settings = SETTINGS, uid?: number) {
  const { PATH = '' } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    env: { PATH, ...settings } as unknown as NodeJS.ProcessEnv,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid !== undefined && { uid }),
  });
  started.push(child);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (said += chunk));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, ended, output: () => said };
}

/** Starts the built server on a data folder and waits until it is ready. */
export async function startServer(
  data: string,
  settings: Readonly<Record<string, string>> = SETTINGS,
  args: readonly string[] = ['--data', data, '--port', '0'],
): Promise<SelfHosted> {
  const running = runServer(args, settings);
  const { child, ended, output } = running;
  const ready = new Promise<string>((resolve) => {
    child.stdout.on('data', () => {
      const [, url] = /Serving at (\S+)/.exec(output()) ?? [];
      if (url) resolve(url);
    });
  });
  const url = await Promise.race([ready, ended.then(() => undefined)]);
  if (url === undefined) throw new Error(`the server did not start:\n${output()}`);
  return {
    ...running,
    url,
    client: createClient({ url, key: KEY }),
    async kill() {
      killAll(child);
      await ended;
    },
    stop() {
      child.kill('SIGTERM');
      return ended;
    },
  };
}

/** Kills what is left of all servers that a test started. */
export function killServers(): void {
  for (const child of started) killAll(child);
}

function killAll({ pid, exitCode, signalCode }: ChildProcess): void {
  if (pid === undefined || exitCode !== null || signalCode !== null) return;
  for (const id of family(pid)) process.kill(id, 'SIGKILL');
}
