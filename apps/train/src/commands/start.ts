import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { expectFreePort } from './free-port.ts';
import { type TrainCommandOptions, trainCommand } from './train.ts';

/** Trains a recipe, then serves it from workerd until the signal. */
export async function startCommand(recipe: string, options: TrainCommandOptions & { port: number; serve: boolean }): Promise<void> {
  // Before training, not after it.
  if (options.serve) await expectFreePort(options.port);
  const trained = await trainCommand(recipe, options);
  if (!trained || !options.serve || options.signal.aborted) return;

  const edge = dirname(createRequire(import.meta.url).resolve('@unroll/edge/package.json'));
  const server = spawn(
    process.execPath,
    [join(edge, 'scripts/serve.ts'), '--model', resolve(trained.model), '--port', String(options.port)],
    {
      stdio: 'inherit',
    },
  );
  options.signal.addEventListener('abort', () => server.kill('SIGTERM'));
  const [code] = (await once(server, 'exit')) as [number | null];
  if (code) throw new Error(`the edge app ended with code ${code}`);
}
