import { decodeArtifact, encodeArtifact } from '@unroll/artifact/artifact.ts';
import { flatten, layoutOf } from '@unroll/model/layout.ts';
import { loadModel } from '@unroll/model/load-model.ts';
import type { Prepared } from '../data/prepare.ts';
import { toArtifact } from './to-artifact.ts';

/**
 * Writes the model file of the untrained weights in memory and loads it, so that a model that cannot be saved fails before training.
 * @throws an error that says why the file cannot be written or read back.
 */
export async function rehearseArtifact(prepared: Prepared): Promise<void> {
  const { recipe, model } = prepared;
  const layout = layoutOf(model.weights);
  const parameters = new Float32Array(layout.length);
  flatten(layout, prepared.initial(), parameters);
  try {
    const artifact = toArtifact(prepared, parameters, { name: recipe.name, metrics: {}, createdAt: new Date(0).toISOString() });
    const { bytes } = await encodeArtifact(artifact);
    loadModel(await decodeArtifact(bytes));
  } catch (cause) {
    throw new Error(`recipe '${recipe.name}': its model could be trained, but not saved: ${(cause as Error).message}`, { cause });
  }
}
