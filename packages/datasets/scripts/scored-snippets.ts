/**
 * Writes data/scored-snippets.tsv.gz from PyPI's source distribution of vaderSentiment (needs tar):
 *
 *   pip download --no-deps --no-binary :all: vaderSentiment==3.3.2
 *   npx node packages/datasets/scripts/scored-snippets.ts vaderSentiment-3.3.2.tar.gz
 *
 * Each line holds a mean score from -4 to 4, the snippet's origin and its text. Repeated snippets are left out, and so are near-duplicates
 * of the review sentences: training on those would leak the held-out data.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { createNearDuplicateCheck } from '../src/near-duplicates.ts';
import { loadReviewSentences } from '../src/review-sentences.ts';

const [, , sdist] = process.argv;
if (sdist === undefined) throw new Error('pass the source distribution: scored-snippets.ts vaderSentiment-3.3.2.tar.gz');
const origins = { movie: 'movieReviewSnippets', product: 'amazonReviewSnippets', news: 'nytEditorialSnippets', tweet: 'tweets' };
const entities: Record<string, string> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' };

const unpack = (archive: Buffer, name: string) =>
  execFileSync('tar', ['-xzO', '--wildcards', `*/${name}`], { input: archive, maxBuffer: 2 ** 26 });
const archive = unpack(readFileSync(sdist), 'hutto_ICWSM_2014.tar.gz');
const repeatsOurs = createNearDuplicateCheck(loadReviewSentences().samples.map(({ text }) => text));
const seen = new Set<string>();
const rows: string[] = [];
let near = 0;
for (const [origin, file] of Object.entries(origins)) {
  const lines = new TextDecoder('latin1').decode(unpack(archive, `${file}_GroundTruth.txt`)).split(/\r?\n/);
  for (const line of lines) {
    const [, score, ...parts] = line.split('\t');
    const text = parts
      .join(' ')
      .replaceAll(/&(?:amp|lt|gt|quot);/g, (entity) => entities[entity] as string)
      .replaceAll(/\s+/g, ' ')
      .trim();
    if (text === '' || seen.has(text)) continue;
    seen.add(text);
    if (repeatsOurs(text)) near++;
    else rows.push(`${Number(score).toFixed(3)}\t${origin}\t${text}\n`);
  }
}
const path = new URL('../data/scored-snippets.tsv.gz', import.meta.url);
writeFileSync(path, gzipSync(rows.join(''), { level: 9 }));
console.log(`${rows.length} snippets; ${near} near-duplicates of review sentences left out`);
