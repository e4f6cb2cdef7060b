import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { expectFreePort } from './free-port.ts';
import { aRecipe, type Cli, engineOption, epochsOption, positiveInteger, runOptions, setOption, workersOption } from './options.ts';
import { type TrainCommandOptions, trainCommand } from './train.ts';

export interface StartOptions extends TrainCommandOptions {
  port: number;
  serve: boolean;
}

/** Trains a recipe, then serves it from workerd until the signal aborts. */
export async function startCommand(recipe: string, options: StartOptions): Promise<void> {
  // Checked before training, so that a port in use fails early.
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
  if (code) throw new Error(`the server ended with code ${code}`);
}

export function addStart({ program, signal }: Cli): void {
  program
    .command('start')
    .description('train a recipe, then serve it at http://127.0.0.1:8787')
    .argument('[recipe]', aRecipe, 'sentiment')
    .option(...workersOption)
    .addOption(engineOption)
    .option(...epochsOption)
    .option(...runOptions.runs)
    .option(...runOptions.seed)
    .option(...setOption)
    .option('--no-serve', 'end after training')
    .option('--port <number>', 'port on 127.0.0.1', positiveInteger, 8787)
    .action((recipe: string, flags: Omit<StartOptions, 'signal'>) => startCommand(recipe, { ...flags, signal }));
}
