import { createPredictor } from '@unroll/model/predictor.ts';
import type { TranslateTask, Translation } from '@unroll/model/tasks/translate.ts';
import { html } from 'hono/html';
import { scoreTranslations, translationMetrics } from '../artifact/score-translations.ts';
import { asWritten, translateSources } from '../artifact/translate-samples.ts';
import type { PreparedPairs } from '../data/pairs.ts';
import type { Prepared } from '../data/prepare.ts';
import { attentionMaps } from './attention-maps.ts';
import { type Candidate, type Contender, medianMilliseconds } from './contenders.ts';
import type { Section, TaskResults } from './task-results.ts';
import { fitWordDictionary } from './word-dictionary.ts';

const SHOWN = 20;
const ALTERNATIVES = 3;
/** The most pairs that the rival learns from: it holds a table of them in memory. */
const PAIRS_AT_MOST = 100_000;

/** Sample translations; the rival translates word by word. */
export function translateResults({ data }: Prepared, task: TranslateTask): TaskResults {
  if (data.type !== 'pairs') return { unit: 'text', time: () => Number.NaN, rivals: () => [], sections: () => [] };
  const { test } = data.split;
  return {
    unit: 'text',
    metrics: translationMetrics,
    time({ artifact }) {
      const predictor = createPredictor(artifact);
      const time = medianMilliseconds(test.length, (i) => predictor.predict([data.pairs[test[i] as number]?.source]));
      predictor.dispose();
      return time;
    },
    rivals: () => [wordByWord(data)],
    sections(candidates) {
      const served = candidates.at(-1) as Candidate;
      return [translationsOf(data, task, served), ...attentionMaps(data, served)];
    },
  };
}

function wordByWord({ pairs, tokenizer, targetTokenizer, split: { train, test } }: PreparedPairs): Contender {
  const written = { source: asWritten(tokenizer), target: asWritten(targetTokenizer) };
  const wordsOf = (side: 'source' | 'target', sample: number) => written[side](pairs[sample]?.[side] as string).split(/\s+/);
  const learned = Array.from(train.subarray(0, PAIRS_AT_MOST), (sample) => ({
    source: wordsOf('source', sample),
    target: wordsOf('target', sample),
  }));
  const dictionary = fitWordDictionary(learned);
  const answer = (sample: number) => dictionary.translate(wordsOf('source', sample)).join(' ');
  const references = Array.from(test, (sample) => written.target(pairs[sample]?.target as string));
  const scores = scoreTranslations(Array.from(test, answer), references);
  const some = train.length > PAIRS_AT_MOST ? ` (first ${PAIRS_AT_MOST.toLocaleString('en')} pairs)` : '';
  return { name: `word by word${some}`, scores, milliseconds: medianMilliseconds(test.length, (i) => answer(test[i] as number)) };
}

function translationsOf(data: PreparedPairs, { spec }: TranslateTask, { name, artifact }: Candidate): Section {
  const { pairs, targetTokenizer } = data;
  const { test } = data.split;
  const write = asWritten(targetTokenizer);
  const greedy = translateSources(artifact, data, test, { beam: 1 }).map(({ text }) => text);
  const { bleu } = scoreTranslations(
    greedy,
    Array.from(test, (sample) => write(pairs[sample]?.target as string)),
  );
  const format = translationMetrics.bleu.format;
  const search = { nBest: Math.min(ALTERNATIVES, spec.beam) };
  const samples = test.slice(0, SHOWN);
  const rows = translateSources(artifact, data, samples, search).map((translation, i) => {
    const { source, target } = pairs[samples[i] as number] as PreparedPairs['pairs'][number];
    return html`<tr><td>${source}</td><td>${target}</td><td class="lines">${candidatesOf(translation)}</td></tr>`;
  });
  const body = html`<p>With a beam of ${spec.beam} the ${name} model has BLEU ${format(artifact.metrics.bleu as number)}, greedily ${format(bleu)}.</p>
<p class="quiet">Test pairs with the best translations and their scores: the log-probability over the length penalty.</p>
<div class="scroll"><table><thead><tr><th>text</th><th>reference</th><th>translations</th></tr></thead><tbody>${rows}</tbody></table></div>`;
  return { title: 'Translations', body };
}

const candidatesOf = ({ text, score, alternatives = [] }: Translation) =>
  [{ text, score }, ...alternatives].map((candidate) => `${candidate.score.toFixed(2)}  ${candidate.text}`).join('\n');
