import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { checkDataset, type TextDataset, type TextSample } from './text-sample.ts';

/** Where a snippet comes from: movie reviews, product reviews, newspaper editorials or tweets. */
export type Origin = 'movie' | 'product' | 'news' | 'tweet';

/** A text and the mean of twenty people's scores, from -4 (most negative) to 4. */
export interface ScoredSnippet {
  text: string;
  score: number;
  origin: Origin;
}

const file = new URL('../data/scored-snippets.tsv.gz', import.meta.url);

/**
 * 23,324 English snippets that people scored, in the file's order: Hutto & Gilbert (2014), MIT, from PyPI vaderSentiment 3.3.2.
 * Near-duplicates of the review sentences are left out.
 */
export function readScoredSnippets(): ScoredSnippet[] {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => {
    const [score, origin, text] = line.split('\t') as [string, Origin, string];
    return { text, score: Number(score), origin };
  });
}

/** The snippets with soft labels: the probability of 'positive' is the sigmoid of the score. */
export function loadScoredSnippets(): TextDataset {
  const dataset: TextDataset = {
    name: 'scored-snippets',
    labels: ['negative', 'positive'],
    samples: readScoredSnippets().map(({ text, score }): TextSample => {
      const positive = 1 / (1 + Math.exp(-score));
      return { text, label: [1 - positive, positive] };
    }),
    source: 'scored snippets (Hutto & Gilbert, 2014), MIT, from PyPI vaderSentiment 3.3.2',
  };
  checkDataset(dataset);
  return dataset;
}
