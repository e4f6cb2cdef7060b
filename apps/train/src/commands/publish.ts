import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createClient } from '@unroll/client/client.ts';
import { ProblemError } from '@unroll/client/problem-error.ts';
import { readArtifact } from '../artifact/read-artifact.ts';
import type { Cli } from './options.ts';

export interface PublishOptions {
  /** Address of a deployment of the edge app. */
  to: string;
  /** The model's name in the deployment; by default the name in the file. */
  name?: string;
  /** An alias to point to it, in addition to `latest`. */
  alias?: string;
}

/** Uploads a run's model to a deployment of the edge app. The key comes from the environment, because other users can see arguments. */
export async function publishCommand(run: string, { to, name, alias }: PublishOptions): Promise<void> {
  const key = process.env.UNROLL_API_KEY;
  if (!key) throw new Error('publish: set UNROLL_API_KEY to a key with the scope `admin`');
  const isRun = (await stat(run).catch(() => undefined))?.isDirectory();
  const path = isRun ? join(run, 'model.safetensors') : run;
  const artifact = await readArtifact(path);
  const model = name ?? artifact.name;
  const client = createClient({ url: to, key });
  const file = new Uint8Array(await readFile(path));
  const { created, version, aliases } = await client.publish(model, file).catch((error: Error) => explain(error, to));
  console.log(
    `${model}@${version.digest.slice(0, 12)}…  ${created ? 'published' : 'was there already'}, ${version.bytes.toLocaleString('en')} bytes`,
  );
  if (alias !== undefined) aliases[alias] = (await client.pointAlias(model, alias, version.digest)).digest;
  for (const [other, digest] of Object.entries(aliases)) console.log(`  ${other} → ${digest.slice(0, 12)}…`);
  console.log(`ask it   ${new URL(`/v1/models/${model}/predict`, to)}`);
}

/** Keeps a problem that the server reports; explains the error if the server does not answer. */
function explain(error: Error, to: string): never {
  if (error instanceof ProblemError) throw error;
  const { message } = (error.cause ?? error) as Error;
  throw new Error(`publish: ${to} does not answer (${message || 'no reason given'}); check the address of the deployment`, {
    cause: error,
  });
}

export function addPublish({ program }: Cli): void {
  program
    .command('publish')
    .description('upload a model to a deployment of the edge app, with the key in UNROLL_API_KEY')
    .argument('<run>', 'runs/<id>, or a model.safetensors')
    .requiredOption('--to <url>', "the deployment's address")
    .option('--name <name>', "the model's name in the deployment (default: the file's)")
    .option('--alias <alias>', 'also point this alias to the model, for example stable')
    .action((run: string, options: PublishOptions) => publishCommand(run, options));
}
