import type { Tensor } from '@tensorflow/tfjs-core';
import type { z } from 'zod';
import type { Shape } from '../layers/layer.ts';
import type { Loss } from '../losses.ts';

/** What a model is for: how its outputs are scored, read and sent. `P` is one prediction as it is sent. */
export interface Task<P> {
  /** Floats that one sample's target takes. */
  readonly targetWidth: number;
  /** predictions [B, units], targets [B, targetWidth] → [B]. */
  readonly loss: Loss;
  /** Logits → probabilities, same shape. */
  activate<T extends Tensor>(logits: T): T;
  /** One sample's activated outputs as a prediction. */
  decode(outputs: Float32Array): P;
  /** Whether a sample's activated outputs hit its target, and by how much they miss: 0 right and sure, 1 wrong and sure. */
  judge(outputs: Float32Array, target: Float32Array): { correct: boolean; error: number };
  /** The class index that outputs, or a target, stand for; undefined where a sample can have several. */
  readonly classOf?: { outputs(outputs: Float32Array): number; target(target: Float32Array): number };
  /** The prediction's schema, for APIs. */
  readonly predictionSchema: z.ZodType<P>;
  /** The classes' names. */
  readonly labels: readonly string[];
}

/** Builds a task for a model's output. @throws if the output does not fit. */
export type CreateTask<S, P> = (spec: S, output: Shape) => Task<P>;
