/** Serves a model file from workerd on this machine: npm run serve -w @unroll/edge -- --model runs/x/model.safetensors [--port 8787] */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import { createClient } from '@unroll/client/client.ts';
import { program } from 'commander';
import { startDevServer } from './dev-server.ts';
import { newKey } from './new-key.ts';
import { tryItCommands } from './try-it.ts';
import { userPath } from './user-path.ts';

const { model, port } = program
  .requiredOption('--model <file>', 'a model.safetensors that training wrote')
  .option('--port <number>', 'port on 127.0.0.1', '8787')
  .parse()
  .opts<{ model: string; port: string }>();

const stopping = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopping.abort());
const stopped = once(stopping.signal, 'abort');

/** The folder for everything that this server stores, the model included. No other server and no build reads it. */
const directory = mkdtempSync(join(tmpdir(), 'unroll-serve-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));

try {
  // npm runs scripts in the package's folder; paths are relative to where the user typed the command.
  await serve(userPath(model));
} catch (error) {
  console.error(`serve: ${(error as Error).message}`);
  process.exitCode = 1;
}

/** Starts a server, publishes the file to it, and runs until a signal. */
async function serve(path: string): Promise<void> {
  const bytes = new Uint8Array(readFileSync(path));
  const { name } = await decodeArtifact(bytes).catch((error: Error) => {
    throw new Error(`${path}: ${error.message}`);
  });
  const key = newKey('serve');
  const server = await startDevServer({ port, directory, key }, stopping.signal);
  if (!server) return;
  try {
    const client = createClient({ url: server.url, key });
    await client.publish(name, bytes);
    const { task, example } = await client.model(name);
    console.log(`Serving '${name}' at ${server.url}   (Ctrl-C stops)`);
    for (const command of tryItCommands(`${server.url}/v1/models/${name}`, { task, example })) console.log(`Try it:   ${command}`);
    console.log(`API docs: ${server.url}/docs`);
    server.showLog();
    await Promise.race([server.exit, stopped]);
    if (!stopping.signal.aborted) throw new Error(`the server ended by itself:\n${server.log()}`);
  } finally {
    await server.stop();
  }
}
