/** A process that adds a made engine: `node add-made-engine.ts <folder of engines> <release as JSON>`. Its environment names the servers. */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
import { createInstallView } from '../../terminal/install-view.ts';
import { addEngine } from '../add-engine.ts';
import type { Release } from '../release.ts';
import { runProgram } from '../run-program.ts';
import type { Trial } from '../try-engine.ts';

/** A release as text. Regular expressions become their sources. */
export const releaseToJson = (release: Release): string =>
  JSON.stringify(release, (_key, value) => (value instanceof RegExp ? { source: value.source } : value));

const releaseFromJson = (text: string): Release =>
  JSON.parse(text, (key, value) => (key === 'members' ? new RegExp(value.source) : value)) as Release;

/** Loads the addon of a made engine in a process of its own, and gives its answer as the description. */
export async function tryMadeEngine(
  { folder, package: name }: TensorflowSetup,
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Trial> {
  const addon = createRequire(join(folder, 'x.js')).resolve(`${name}/lib/napi-v8/tfjs_binding.node`);
  const program = `console.log(require(${JSON.stringify(addon)}).answer)`;
  const finished = await runProgram([process.execPath, '-e', program], options);
  if (finished?.ended !== 0) throw new Error(`the made engine does not start: ${finished?.output}`);
  return { description: finished.answer.trim(), startMs: 1, productMs: 1 };
}

if (import.meta.main) {
  const [engines = '', release = ''] = process.argv.slice(2);
  try {
    const { trial } = await addEngine(releaseFromJson(release), {
      engines,
      env: process.env,
      signal: new AbortController().signal,
      patience: { stallMs: 20_000, retryMs: 20, attempts: 3 },
      view: createInstallView(process.stdout),
      tryEngine: tryMadeEngine,
      device: 'cpu',
    });
    console.log(`answer ${trial.description}`);
  } catch (error) {
    console.log((error as Error).message);
    process.exitCode = 1;
  }
}
