import { checkDigest, DIGEST_PLACEHOLDER, seal } from '@unroll/artifact/digest.ts';
import { decodeSafetensors, encodeSafetensors } from '@unroll/artifact/safetensors.ts';
import type { Prepared } from '../data/prepare.ts';
import type { EpochMetrics } from '../recipe/events.ts';

/** Where a run stands: with its vectors, all that it takes to go on as if nothing had happened. */
export interface RunState {
  epoch: number;
  /** Steps of the epoch that are done. */
  step: number;
  /** Steps of the run that are done. */
  updates: number;
  /** Which vectors hold the parameters. */
  vector: 0 | 1;
  /** Of the epoch so far. */
  lossSum: number;
  rows: number;
  sequences: number;
  gradientNorm: number;
  learningRate: number;
  seconds: number;
  history: EpochMetrics[];
}

/** What must be the same for a run to be gone on with. */
export interface RunIdentity {
  seed: number;
  spec: unknown;
  training: unknown;
  /** Of the data. */
  digest: string;
}

export const identityOf = ({ seed, model, recipe, digest }: Prepared): RunIdentity => ({
  seed,
  spec: model.spec,
  training: recipe.training,
  digest,
});

export interface Checkpoint {
  state: RunState;
  identity: RunIdentity;
  /** By name: parameters, best, the optimizer's state ... */
  arrays: Record<string, Float32Array>;
}

/** A checkpoint as a safetensors file, sealed with its own SHA-256. */
export async function encodeCheckpoint({ state, identity, arrays }: Checkpoint): Promise<Uint8Array> {
  const tensors = Object.entries(arrays).map(([name, data]) => [name, { dtype: 'F32', shape: [data.length], data }] as const);
  const bytes = encodeSafetensors({
    tensors: Object.fromEntries(tensors),
    metadata: { 'unroll.digest': DIGEST_PLACEHOLDER, 'unroll.checkpoint': JSON.stringify({ state, identity }) },
  });
  await seal(bytes);
  return bytes;
}

/** @throws if the file is damaged or no checkpoint. */
export async function decodeCheckpoint(bytes: Uint8Array): Promise<Checkpoint> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { 'unroll.digest': digest, 'unroll.checkpoint': json } = metadata;
  if (digest === undefined || json === undefined) throw new Error('checkpoint: a safetensors file, but not a checkpoint of Unroll');
  await checkDigest(bytes, digest, 'checkpoint');
  const arrays = Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]);
  return { ...(JSON.parse(json) as Pick<Checkpoint, 'state' | 'identity'>), arrays: Object.fromEntries(arrays) };
}

/**
 * Compares a checkpoint's run with the one that is to go on from it.
 * @throws an error that names everything that differs; changed data alone may be forced.
 */
export function checkIdentity(saved: RunIdentity, now: RunIdentity, force: boolean): void {
  const { digest: savedDigest, ...was } = saved;
  const { digest, ...is } = now;
  const changed = differences(was, JSON.parse(JSON.stringify(is)));
  if (changed.length) {
    throw new Error(`resume: the recipe is not the one this run began with:\n${changed.map((line) => `  - ${line}`).join('\n')}`);
  }
  if (savedDigest !== digest && !force) {
    throw new Error(
      `resume: the data changed since this run began (SHA-256 ${savedDigest.slice(0, 12)}… then, ${digest.slice(0, 12)}… now). ` +
        'Bring the old data back, or pass --force to go on with the new.',
    );
  }
}

/** 'training.epochs: 20 in the checkpoint, 30 now' for every leaf that differs. */
function differences(was: unknown, is: unknown, path = ''): string[] {
  if (typeof was !== 'object' || typeof is !== 'object' || was === null || is === null) {
    return was === is ? [] : [`${path}: ${JSON.stringify(was)} in the checkpoint, ${JSON.stringify(is)} now`];
  }
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  const at = (object: object, key: string) => (object as Record<string, unknown>)[key];
  return [...keys].flatMap((key) => differences(at(was, key), at(is, key), path ? `${path}.${key}` : key));
}
