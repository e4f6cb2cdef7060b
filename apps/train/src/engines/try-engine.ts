import { fileURLToPath } from 'node:url';
import { parseOrThrow } from '@unroll/schema/check.ts';
import * as v from 'valibot';
import type { NpmPackage, Release } from './release.ts';
import { runProgram } from './run-program.ts';

const answer = v.object({
  /** Device and versions, in words. */
  description: v.string(),
  startMs: v.number(),
  /** The time of a product of two matrices of 1024 x 1024. */
  productMs: v.number(),
});
export type Trial = v.InferOutput<typeof answer>;

/** Starts the engine of a folder in a process of its own, because a library that does not fit the machine ends its process. @throws if it does not run. */
export async function tryEngine(
  folder: string,
  { engine, device, binding }: Pick<Release, 'engine' | 'device'> & { binding: Pick<NpmPackage, 'name'> },
  options: { env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Trial> {
  const setup = JSON.stringify({ engine, folder, package: binding.name, device });
  const program = fileURLToPath(new URL('trial.ts', import.meta.url));
  const finished = await runProgram([process.execPath, '--no-deprecation', program, setup], options);
  if (finished?.ended !== 0) {
    const end = typeof finished?.ended === 'string' ? ` (its process was ended by ${finished.ended})` : '';
    throw new Error(`the engine in ${folder} is complete but does not start here${end}:\n${finished?.output.trim()}`);
  }
  return parseOrThrow(answer, JSON.parse(finished.answer.trim().split('\n').at(-1) ?? ''), 'the trial of the engine');
}
