import type { Artifact } from '@unroll/artifact/artifact.ts';
import type { FloatWeight } from '@unroll/artifact/quantize.ts';
import { layoutOf, views } from '@unroll/model/layout.ts';
import { onlyTaskOf } from '@unroll/model/tasks/registry.ts';
import type { Prepared } from '../data/prepare.ts';

/** Trained weights as a float32 artifact. */
export function toArtifact(
  { model, seed, digest, data }: Pick<Prepared, 'model' | 'data' | 'seed' | 'digest'>,
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
  const origin = { seed, data: digest };
  return { ...about, origin, spec: { ...model.spec }, ...tokenizersOf(model, data), weights };
}

/** The tokenizer, or those of the source and of the target by input. */
function tokenizersOf({ spec }: Prepared['model'], { tokenizer, targetTokenizer }: Prepared['data']): Partial<Artifact> {
  const task = onlyTaskOf(spec);
  if (!tokenizer) return {};
  if (task.type !== 'translate' || !targetTokenizer) return { tokenizer: { ...tokenizer.toJSON() } };
  return { tokenizers: { [task.source]: { ...tokenizer.toJSON() }, [task.target]: { ...targetTokenizer.toJSON() } } };
}
