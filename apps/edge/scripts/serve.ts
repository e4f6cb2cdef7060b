/** Serves model files from workerd on this machine: node scripts/serve.ts --model runs/x/model.safetensors [--port 8787] */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { program } from 'commander';
import { publishLocally } from './publish.ts';
import { wranglerBinary, wranglerEnvironment } from './wrangler.ts';

const { model, port } = program
  .requiredOption('--model <file>', 'a model.safetensors that training wrote')
  .option('--port <number>', 'port on 127.0.0.1', '8787')
  .parse()
  .opts<{ model: string; port: string }>();

const START_TIMEOUT_MS = 60_000;

try {
  const name = await publishLocally(model);
  await serve(name);
} catch (error) {
  console.error(`serve: ${model}: ${(error as Error).message}`);
  process.exitCode = 1;
}

/** Runs wrangler's local workerd until a signal or its own end. */
async function serve(name: string): Promise<void> {
  const server = spawn(
    process.execPath,
    [
      wranglerBinary(),
      'dev',
      '--env',
      '',
      '--ip',
      '127.0.0.1',
      '--port',
      port,
      '--inspector-port',
      '0',
      // States are good until the server ends.
      '--var',
      `STATE_SECRET:${randomBytes(32).toString('base64url')}`,
      '--show-interactive-dev-session=false',
      '--log-level',
      'warn',
    ],
    { cwd: join(import.meta.dirname, '..'), env: wranglerEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  // wrangler's own words matter only when something is wrong.
  let log = '';
  const keep = (chunk: Buffer) => (log += chunk);
  server.stdout.on('data', keep);
  server.stderr.on('data', keep);
  const ended = once(server, 'exit').then(([code]) => code as number | null);

  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stopping = true;
      server.kill('SIGTERM');
    });
  }

  const url = `http://127.0.0.1:${port}`;
  if (await answers(`${url}/healthz`, () => server.exitCode === null && !stopping)) {
    const { example } = (await (await fetch(`${url}/v1/models/${name}`)).json()) as { example: unknown };
    const body = JSON.stringify({ inputs: [example] });
    console.log(`Serving '${name}' at ${url}   (Ctrl-C stops)`);
    console.log(`Try it:   curl -s ${url}/v1/models/${name}/predict -H 'content-type: application/json' -d '${body}'`);
    console.log(`API docs: ${url}/docs`);
    server.stdout.off('data', keep).pipe(process.stderr);
    server.stderr.off('data', keep).pipe(process.stderr);
  } else if (!stopping) {
    server.kill('SIGTERM');
    console.error(`serve: workerd did not start:\n${log}`);
  }
  const code = await ended;
  process.exitCode = stopping ? 0 : code || 1;
}

/** Whether the server says it is healthy before the time is up or it ends. */
async function answers(health: string, goesOn: () => boolean): Promise<boolean> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (Date.now() < deadline && goesOn()) {
    const response = await fetch(health).catch(() => undefined);
    if (response?.ok) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}
