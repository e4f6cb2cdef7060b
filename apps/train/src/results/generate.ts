import { createGenerator } from '@unroll/model/generator.ts';
import { html } from 'hono/html';
import type { Prepared } from '../data/prepare.ts';
import { readIds } from '../data/sequences.ts';
import { type Candidate, medianMilliseconds } from './contenders.ts';
import { fitNGram } from './n-gram.ts';
import type { TaskResults } from './task-results.ts';

const NGRAM_ORDER = 5;
/** N-grams of a longer corpus may not fit into memory, so it has no rival. */
const COUNTED_TOKENS = 2_000_000;
const SAMPLE_TOKENS = 400;
const TIMED_TOKENS = 200;
const PROMPT_TOKENS = 40;

/** Samples of generated text; the rival counts n-grams. */
export function generateResults(prepared: Prepared): TaskResults {
  const { data, sequences } = prepared;
  /** The first token of a part's first sample, and the one after its last target. */
  const part = (samples: Int32Array) => {
    const sample = samples[0] as number;
    const start = sequences.starts[sample] as number;
    return { from: start, to: start + (sequences.lengths[sample] as number) + 1 };
  };
  return {
    unit: 'token',
    time({ artifact }) {
      const generator = createGenerator(artifact);
      const prompt = promptOf(prepared);
      const times = Array.from({ length: 3 }, (_, seed) => {
        const tokens = generator.generate({ prompt, length: TIMED_TOKENS, seed });
        return medianMilliseconds(TIMED_TOKENS - PROMPT_TOKENS, () => tokens.next());
      });
      generator.dispose();
      return Math.min(...times);
    },
    rivals() {
      if (data.type !== 'corpus' && data.type !== 'tokenFile') return [];
      const [train, test] = [part(data.split.train), part(data.split.test)];
      if (train.to - train.from > COUNTED_TOKENS || test.to - test.from > COUNTED_TOKENS) return [];
      const counted = fitNGram(readIds(sequences, train.from, train.to), NGRAM_ORDER, data.known.vocabularySize);
      const ids = readIds(sequences, test.from, test.to);
      const bitsPerToken = counted.bits(ids, 0, ids.length) / ids.length;
      const scores = { bitsPerToken, perplexity: 2 ** bitsPerToken };
      return [{ name: `${NGRAM_ORDER}-grams`, scores, bytes: counted.size * 4 }];
    },
    sections(candidates) {
      const served = candidates.at(-1) as Candidate;
      const prompt = promptOf(prepared);
      const generator = createGenerator(served.artifact);
      const samples = [
        { name: 'temperature 0.5', temperature: 0.5 },
        { name: 'temperature 0.8', temperature: 0.8 },
        { name: 'temperature 1', temperature: 1 },
        { name: 'temperature 1, topP 0.9', temperature: 1, topP: 0.9 },
      ].map(({ name, ...options }) => ({
        name,
        text: [...generator.generate({ prompt, length: SAMPLE_TOKENS, seed: 1, ...options })].join(''),
      }));
      generator.dispose();
      const figures = samples.map(
        ({ name, text }) => html`<figure><figcaption>${name}</figcaption><p class="written"><b>${prompt}</b>${text}</p></figure>`,
      );
      return [
        {
          title: 'Generated text',
          body: html`<p class="quiet">The ${served.name} model continues a passage of the test text (bold).</p><div class="charts">${figures}</div>`,
        },
      ];
    },
  };
}

/** The first tokens of the test part, as text. */
function promptOf({ data, sequences }: Prepared): string {
  const sample = data.split.test[0] as number;
  const start = sequences.starts[sample] as number;
  const ids = readIds(sequences, start, start + Math.min(PROMPT_TOKENS, (sequences.lengths[sample] as number) + 1));
  return Array.from(ids, (id, i) => data.tokenizer?.textOf(id, i > 0) ?? '').join('');
}
