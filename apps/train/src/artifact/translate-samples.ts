import type { Artifact } from '@unroll/artifact/artifact.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import type { SearchOptions } from '@unroll/model/tasks/search-options.ts';
import type { Translation } from '@unroll/model/tasks/translate.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { PreparedPairs } from '../data/pairs.ts';

/** How many texts are translated together. */
const BATCH = 64;

/** Translates the sources of samples as in serving. In the samples' order. */
export function translateSources(
  artifact: Artifact,
  { pairs }: Pick<PreparedPairs, 'pairs'>,
  samples: Int32Array,
  search: SearchOptions = {},
): Translation[] {
  const predictor = createPredictor(artifact);
  const sourceOf = (sample: number) => pairs[sample]?.source as string;
  // Texts of similar length need little padding.
  const order = [...samples.keys()].sort((a, b) => sourceOf(samples[a] as number).length - sourceOf(samples[b] as number).length);
  const translations = new Array<Translation>(samples.length);
  for (let from = 0; from < order.length; from += BATCH) {
    const batch = order.slice(from, from + BATCH);
    const { predictions } = predictor.predict(
      batch.map((at) => sourceOf(samples[at] as number)),
      { search },
    );
    for (const [i, at] of batch.entries()) translations[at] = predictions[i] as Translation;
  }
  predictor.dispose();
  return translations;
}

/** A text as a translation of it would be written: by the target's tokens, with those outside the vocabulary. */
export function asWritten(tokenizer: Tokenizer): (text: string) => string {
  const { charLevel, split } = tokenizer.toJSON();
  return (text) => tokenizer.tokenize(text).join(charLevel ? '' : split);
}
