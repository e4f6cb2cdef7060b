import type { Artifact } from '@unroll/artifact/artifact.ts';
import type { Weight } from '@unroll/artifact/quantize.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import { createModel, type Model } from '../model.ts';
import { embeddingOf, type InputSpec, parseModelSpec } from '../spec.ts';

export interface LoadedModel {
  model: Model;
  /** Of the only input. Absent if the model reads numbers, or ids without text. */
  tokenizer?: Tokenizer;
  /** By name: of an input, or 'target'. */
  tokenizers: Readonly<Record<string, Tokenizer>>;
  /** By full name, in the types of the file. */
  weights: Record<string, Weight>;
}

/**
 * The model of an artifact. Checks weights and tokenizer against the spec.
 * @throws an error that names the weight, shape or id that does not fit.
 */
export function loadModel(artifact: Pick<Artifact, 'name' | 'spec' | 'tokenizer' | 'tokenizers' | 'weights'>): LoadedModel {
  const model = createModel(parseModelSpec(artifact.spec, `the spec inside model '${artifact.name}'`));
  const weights: Record<string, Weight> = {};
  for (const { name, shape } of model.weights) {
    const stored = artifact.weights[name];
    if (!stored) throw new Error(`model '${artifact.name}': weight '${name}' [${shape}] is missing from the file`);
    if (stored.shape.join() !== shape.join()) {
      throw new Error(`model '${artifact.name}': weight '${name}' is [${stored.shape}] in the file, its spec needs [${shape}]`);
    }
    weights[name] = stored;
  }
  const unused = Object.keys(artifact.weights).filter((name) => !Object.hasOwn(weights, name));
  if (unused.length > 0) {
    const more = unused.length > 1 ? ` (and ${unused.length - 1} more)` : '';
    throw new Error(`model '${artifact.name}': no layer of its spec uses the weight '${unused[0]}'${more} of the file`);
  }
  const tokenizers = tokenizersOf(artifact, model);
  const [only] = Object.keys(model.inputs) as [string];
  const tokenizer = Object.keys(model.inputs).length === 1 ? tokenizers[only] : undefined;
  return { model, weights, tokenizers, ...(tokenizer && { tokenizer }) };
}

/** The tokenizers by name. @throws if an embedding has fewer rows than its tokenizer has ids. */
function tokenizersOf(artifact: Pick<Artifact, 'name' | 'tokenizer' | 'tokenizers'>, model: Model): Record<string, Tokenizer> {
  const [first] = Object.entries(model.inputs) as [[string, InputSpec]];
  const stored = { ...(artifact.tokenizer && first[1].type === 'tokens' && { [first[0]]: artifact.tokenizer }), ...artifact.tokenizers };
  return Object.fromEntries(
    Object.entries(stored).map(([name, json]) => {
      const tokenizer = Tokenizer.fromJSON(json);
      const embedding = embeddingOf(model.spec, name);
      if (embedding && embedding.inputDim < tokenizer.vocabularySize) {
        throw new Error(
          `model '${artifact.name}': its embedding has ${embedding.inputDim} rows, its tokenizer gives ids up to ${tokenizer.vocabularySize - 1}`,
        );
      }
      return [name, tokenizer];
    }),
  );
}
