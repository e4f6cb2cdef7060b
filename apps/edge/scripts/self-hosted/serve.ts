/**
 * Serves the Worker without Cloudflare, from workerd with its data in a folder:
 * npm run self-host -w @unroll/edge -- --data ./data [--port 8080] [--host 127.0.0.1] [--env-file unroll.env]
 */
import { once } from 'node:events';
import { loadEnvFile } from 'node:process';
import { program } from 'commander';
import { expectFreePort } from '../free-port.ts';
import { userPath } from '../user-path.ts';
import { claimDataFolder } from './data-folder.ts';
import { removeEndedSessions } from './ended-sessions.ts';
import { workerEnvironment } from './environment.ts';
import { startWorkerd } from './workerd.ts';

interface Options {
  data: string;
  port: string;
  host: string;
  envFile?: string;
}

const options = program
  .name('self-host')
  .description('Serves the API from this machine. Keys and settings are environment variables: infra/self-hosted/README.md lists them.')
  .requiredOption('--data <folder>', 'where models and sessions are stored')
  .option('--port <number>', 'port to listen on; 0 chooses a free one', '8080')
  .option('--host <address>', 'address to listen on; 0.0.0.0 for all', '127.0.0.1')
  .option('--env-file <file>', 'reads environment variables from a file; those already set win')
  .parse()
  .opts<Options>();

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
const stopped = once(stopping.signal, 'abort');

try {
  await serve(options);
} catch (error) {
  console.error(`self-host: ${(error as Error).message}`);
  process.exitCode = 1;
}

/** Checks settings, folder and port, starts workerd, and runs until a signal. */
async function serve({ data, port, host, envFile }: Options): Promise<void> {
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Error(`--port: expected a number from 0 to 65535, got '${port}'`);
  if (envFile !== undefined) loadEnvFile(userPath(envFile));
  const environment = workerEnvironment(process.env);
  const folder = userPath(data);
  claimDataFolder(folder);
  removeEndedSessions(folder);
  await expectFreePort(Number(port), host);

  const server = await startWorkerd({ folder, host, port, environment }, stopping.signal);
  if (!server) return;
  console.log(`Serving at ${server.url}   (data in ${folder}; Ctrl-C stops)`);
  const ended = await Promise.race([server.ended, stopped.then(() => undefined)]);
  if (ended !== undefined && !stopping.signal.aborted) throw new Error(`workerd ended by itself (${ended}); its messages are above`);
  await server.stop();
}
