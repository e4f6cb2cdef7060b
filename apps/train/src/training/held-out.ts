import type { RunState } from '../run/checkpoint.ts';
import { scoredOf } from '../workers/shared-memory.ts';
import type { Run } from './epoch.ts';
import { evaluate, outputsOf, type Scores } from './evaluate.ts';

/** A model's results on held-out samples. */
export interface HeldOut {
  scores: Scores;
  /** Activated outputs in the order of the split, if the task has one answer per sample; on rank 0 only. */
  outputs?: Float32Array | undefined;
}

/** Scores the best weights on the validation and test samples. Uses the buffer that does not hold the last weights. */
export async function scoreHeldOut(
  { prepared, memory, pool, ranks }: Run,
  state: RunState,
): Promise<Record<'validation' | 'test', HeldOut>> {
  const buffer = state.buffer === 0 ? 1 : 0;
  scoredOf(memory, buffer).set(memory.best);
  const { validation, test } = prepared.data.split;
  const of = async (samples: Int32Array): Promise<HeldOut> => ({
    scores: (await evaluate({ pool, ranks }, prepared, samples, buffer)).scores,
    ...(prepared.task.targets === 'sample' && { outputs: await outputsOf({ pool, ranks }, prepared, samples, buffer) }),
  });
  return { validation: await of(validation), test: await of(test) };
}
