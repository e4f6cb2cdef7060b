import type { WordVectors } from '@unroll/datasets/word-vectors.ts';
import type { Model } from '@unroll/model/model.ts';
import { embeddingOf } from '@unroll/model/spec.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Recipe } from '../recipe/recipe.ts';

interface Start {
  recipe: Recipe;
  model: Model;
  tokenizer: Tokenizer | undefined;
  /** The recipe's word vectors, if it has any. */
  vectors: WordVectors | undefined;
  seed: number;
}

/**
 * Gives the weights that training starts from. They come from the layers' initializers, but each word with a word vector starts from that
 * vector in the embedding.
 * @throws at once if the recipe has word vectors but no embedding of words, or if the embedding's rows have another length.
 */
export function initialWeights({ recipe, model, tokenizer, vectors, seed }: Start): () => Record<string, Float32Array> {
  if (!vectors) return () => model.init(seed);
  const fail = (problem: string) => new Error(`recipe '${recipe.name}': wordVectors: ${problem}`);
  if (Object.keys(model.inputs).length > 1) throw fail('expected a model with one input');
  const embedding = embeddingOf(model.spec);
  const table = model.weights.find(({ name }) => name.endsWith('/embeddings'));
  if (!tokenizer || !embedding || !table) throw fail('expected texts, and a model with an embedding');
  const { outputDim } = embedding;
  if (outputDim !== vectors.dimensions) {
    throw fail(
      `the vectors have ${vectors.dimensions} dimensions, the embedding has outputDim ${outputDim}; set it to ${vectors.dimensions}`,
    );
  }
  return () => {
    const weights = model.init(seed);
    const rows = weights[table.name] as Float32Array;
    for (const [word, id] of tokenizer.wordIndex) {
      const vector = id < tokenizer.vocabularySize ? vectors.of(word) : undefined;
      if (vector) rows.set(vector, id * outputDim);
    }
    return weights;
  };
}
