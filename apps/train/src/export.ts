import type { Artifact } from '@unroll/artifact/artifact.ts';
import { type FloatWeight, quantizeWeights } from '@unroll/artifact/quantize.ts';
import { layoutOf, views } from '@unroll/model/layout.ts';
import type { Prepared } from './prepare.ts';

/** Trained weights as a float32 artifact: what a checkpoint holds. */
export function toArtifact(
  { model, data: { tokenizer } }: Pick<Prepared, 'model' | 'data'>,
  parameters: Float32Array,
  about: Pick<Artifact, 'name' | 'metrics' | 'createdAt'>,
): Artifact {
  const layout = layoutOf(model.weights);
  const values = views(layout, parameters);
  const weights = Object.fromEntries(
    layout.entries.map(({ name, shape }): [string, FloatWeight] => [
      name,
      { dtype: 'float32', shape, values: values[name] as Float32Array },
    ]),
  );
  return { ...about, spec: { ...model.spec }, ...(tokenizer && { tokenizer: { ...tokenizer.toJSON() } }), weights };
}

/** The same model with its matrices in int8. @throws if it is quantized already or a weight is not finite. */
export function quantizeArtifact(artifact: Artifact): Artifact {
  const floats: Record<string, FloatWeight> = {};
  for (const [name, weight] of Object.entries(artifact.weights)) {
    if (weight.dtype === 'int8') throw new Error(`quantize: '${artifact.name}' is quantized already: '${name}' is int8`);
    floats[name] = weight;
  }
  return { ...artifact, weights: quantizeWeights(floats) };
}
