import { fileURLToPath } from 'node:url';
import type { TensorflowSetup } from '@unroll/backend/engine.ts';
import { setEnvironment } from '@unroll/backend/tensorflow.ts';
import { parseOrThrow } from '@unroll/schema/check.ts';
import * as v from 'valibot';
import { runProgram } from './run-program.ts';

const answer = v.object({
  /** Device and versions, in words. */
  description: v.string(),
  startMs: v.number(),
  /** The time of a product of two matrices of 1024 x 1024. */
  productMs: v.number(),
});
export type Trial = v.InferOutput<typeof answer>;

/**
 * Starts an engine in a process of its own, because a library that does not fit the machine ends its process.
 * @throws if it does not run.
 */
export async function tryEngine(setup: TensorflowSetup, { env, signal }: { env: NodeJS.ProcessEnv; signal: AbortSignal }): Promise<Trial> {
  const environment = { ...env };
  setEnvironment(environment, setup.device);
  const program = fileURLToPath(new URL('trial.ts', import.meta.url));
  const command = [process.execPath, '--no-deprecation', program, JSON.stringify(setup)] as const;
  const finished = await runProgram([...command], { env: environment, signal });
  if (finished?.ended !== 0) {
    const end = typeof finished?.ended === 'string' ? ` (its process was ended by ${finished.ended})` : '';
    throw new Error(`the engine in ${setup.folder} does not start here${end}:\n${finished?.output.trim()}`);
  }
  return parseOrThrow(answer, JSON.parse(finished.answer.trim().split('\n').at(-1) ?? ''), 'the trial of the engine');
}
