import { loadScoredSnippets } from '@unroll/datasets/scored-snippets.ts';
import { loadWordVectors, type WordVectors } from '@unroll/datasets/word-vectors.ts';
import tiny from './tiny-recipe.ts';

/** The tiny recipe with extra texts that have probabilities, its own texts twice per epoch, and word vectors cut to eight floats. */
export default {
  ...tiny,
  name: 'tiny-extra',
  data: {
    ...tiny.data,
    extra: () => {
      const whole = loadScoredSnippets();
      return { ...whole, samples: whole.samples.filter((_, i) => i % 100 === 0) };
    },
    repeat: 2,
  },
  tokenizer: { minCount: 2, splitContractions: true, oovToken: '[UNK]' },
  wordVectors: (): WordVectors => {
    const vectors = loadWordVectors();
    return { ...vectors, dimensions: 8, of: (word) => vectors.of(word)?.slice(0, 8) };
  },
};
