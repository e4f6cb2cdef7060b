import { checkDigest, DIGEST_PLACEHOLDER, seal } from '@unroll/artifact/digest.ts';
import { decodeSafetensors, encodeSafetensors } from '@unroll/artifact/safetensors.ts';
import type { EngineName } from '@unroll/backend/engine.ts';
import type { InputSpec, ModelSpec } from '@unroll/model/spec.ts';
import type { Prepared } from '../data/prepare.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import type { TrainingSpec } from '../recipe/training-spec.ts';

/** The progress of a run. With its arrays, this is all that a run needs to resume with the same bits. */
export interface RunState {
  epoch: number;
  /** Finished steps of the epoch. */
  step: number;
  /** Finished steps of the run. */
  updates: number;
  /** The buffer with the parameters. */
  buffer: 0 | 1;
  /** The fields below are totals of the epoch so far. */
  lossSum: number;
  rows: number;
  sequences: number;
  gradientNorm: number;
  learningRate: number;
  seconds: number;
  /** The finished epochs. */
  history: readonly EpochMetrics[];
}

/** A run before its first step. */
export const beginning: RunState = {
  epoch: 1,
  step: 0,
  updates: 0,
  buffer: 0,
  lossSum: 0,
  rows: 0,
  sequences: 0,
  gradientNorm: 0,
  learningRate: 0,
  seconds: 0,
  history: [],
};

/** What must match for a run to resume. */
export interface RunIdentity {
  seed: number;
  spec: unknown;
  training: Omit<TrainingSpec, 'engine'>;
  /** What computes; older checkpoints, all of wasm, do not name it. */
  engine?: EngineName;
  /** Of the data. */
  digest: string;
}

export function identityOf(
  { seed, model, recipe, digest }: Pick<Prepared, 'seed' | 'model' | 'recipe' | 'digest'>,
  engine: EngineName,
): RunIdentity {
  const { engine: _, ...training } = recipe.training;
  return { seed, spec: withoutData(model.spec), training, engine, digest };
}

/** A spec without the columns and scaling of its input. They follow from the data, and the data's digest is compared. */
function withoutData({ input, inputs, ...spec }: ModelSpec): unknown {
  if (input) return { input: sizesOf(input), ...spec };
  return { inputs: Object.fromEntries(Object.entries(inputs ?? {}).map(([name, each]) => [name, sizesOf(each)])), ...spec };
}

function sizesOf(input: InputSpec): unknown {
  const { type, maxLength, fixedLength } = input;
  const fixed = fixedLength === undefined ? {} : { fixedLength };
  return input.type === 'features' ? { type, features: input.features, maxLength, ...fixed } : { type, maxLength, ...fixed };
}

/** The state in the file. The history has its own file; older checkpoints also contain it. */
export type SavedState = Omit<RunState, 'buffer' | 'history'> & Partial<Pick<RunState, 'history'>>;

export interface Checkpoint {
  state: SavedState;
  identity: RunIdentity;
  /** Arrays by name: parameters, best, the optimizer's state ... */
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

/** @throws if the file is damaged or not a checkpoint. */
export async function decodeCheckpoint(bytes: Uint8Array): Promise<Checkpoint> {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { 'unroll.digest': digest, 'unroll.checkpoint': json } = metadata;
  if (digest === undefined || json === undefined) throw new Error('checkpoint: a safetensors file, but not a checkpoint of Unroll');
  await checkDigest(bytes, digest, 'checkpoint');
  const arrays = Object.entries(tensors).map(([name, { data }]) => [name, data as Float32Array]);
  return { ...(JSON.parse(json) as Pick<Checkpoint, 'state' | 'identity'>), arrays: Object.fromEntries(arrays) };
}

/**
 * Compares a checkpoint's run with the run that resumes from it. The number of epochs may differ if no step's learning rate depends
 * on it.
 * @throws an error that names all differences. `force` allows changed data and another engine only.
 */
export function checkIdentity(saved: RunIdentity, now: RunIdentity, force: boolean): void {
  const { digest: savedDigest, engine: savedEngine = 'wasm', ...was } = saved;
  const { digest, engine, ...is } = now;
  const spread = spansAllEpochs(now.training.schedule);
  const changed = differences(was, JSON.parse(JSON.stringify(is)))
    .filter(({ path }) => spread || path !== 'training.epochs')
    .map(({ path, was, is }) => {
      const why = path === 'training.epochs' ? '; the learning-rate schedule spans all epochs, so their number cannot change' : '';
      return `  - ${path}: ${JSON.stringify(was)} in the checkpoint, ${JSON.stringify(is)} now${why}`;
    });
  if (changed.length) throw new Error(`resume: this run began with other values:\n${changed.join('\n')}`);
  if (savedEngine !== engine && !force) {
    throw new Error(
      `resume: the ${savedEngine} engine trained this run, and ${engine} was chosen now. Their results differ in the last bits. ` +
        `Resume with --engine ${savedEngine}, or pass --force to continue with ${engine}.`,
    );
  }
  if (savedDigest !== digest && !force) {
    throw new Error(
      `resume: the data changed since this run began (SHA-256 ${savedDigest.slice(0, 12)}… then, ${digest.slice(0, 12)}… now). ` +
        'Restore the old data, or pass --force to continue on the new.',
    );
  }
}

/** Whether the learning rate depends on the number of epochs. */
function spansAllEpochs(schedule: TrainingSpec['schedule']): boolean {
  if (!schedule) return false;
  return schedule.type === 'cosine' || schedule.type === 'oneCycle' || schedule.warmup > 0;
}

interface Difference {
  path: string;
  was: unknown;
  is: unknown;
}

/** All leaves that differ. */
export function differences(was: unknown, is: unknown, path = ''): Difference[] {
  if (typeof was !== 'object' || typeof is !== 'object' || was === null || is === null) {
    return was === is ? [] : [{ path, was, is }];
  }
  const keys = new Set([...Object.keys(was), ...Object.keys(is)]);
  const at = (object: object, key: string) => (object as Record<string, unknown>)[key];
  return [...keys].flatMap((key) => differences(at(was, key), at(is, key), path ? `${path}.${key}` : key));
}
