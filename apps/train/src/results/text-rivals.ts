import type { PreparedTexts } from '../data/texts.ts';
import { type Contender, medianMilliseconds } from './contenders.ts';
import { fitLogisticRegression } from './logistic-regression.ts';
import { fitNaiveBayes } from './naive-bayes.ts';
import type { RivalClassifier, RivalText } from './rival-text.ts';

/** The most texts that rivals learn from: logistic regression holds all of them in memory. */
const TEXTS_AT_MOST = 100_000;

const methods: [name: string, fit: (texts: readonly RivalText[], classes: number) => RivalClassifier][] = [
  ['naive Bayes', fitNaiveBayes],
  ['logistic regression', fitLogisticRegression],
];

/**
 * Naive Bayes and logistic regression, scored on the test texts. If the recipe trains on extra texts, each is fitted twice: on the
 * data set's own training texts, and on all training texts with the recipe's weights.
 */
export function textRivals(data: PreparedTexts): Contender[] {
  const { train } = data.split;
  const own = train.filter(data.isOwn);
  const choices = [{ name: '', texts: textsOf(data, own, () => 1) }];
  if (own.length < train.length) choices.push({ name: ', all data', texts: textsOf(data, train, data.timesShown ?? (() => 1)) });
  return methods.flatMap(([method, fit]) =>
    choices.map(({ name, texts }) => {
      const some = texts.length > TEXTS_AT_MOST ? ` (first ${TEXTS_AT_MOST.toLocaleString('en')} texts)` : '';
      return contender(`${method}${name}${some}`, fit(texts.slice(0, TEXTS_AT_MOST), data.texts.labels.length), data);
    }),
  );
}

function textsOf({ texts, tokenizer }: PreparedTexts, samples: Int32Array, weightOf: (sample: number) => number): RivalText[] {
  return Array.from(samples, (sample) => ({
    tokens: tokenizer.tokenize(texts.textOf(sample)),
    probabilities: texts.probabilitiesOf?.(sample) ?? texts.labels.map((_, label) => Number(label === texts.labelOf(sample))),
    weight: weightOf(sample),
  }));
}

function contender(name: string, { classOf, bytes }: RivalClassifier, { texts, tokenizer, split: { test } }: PreparedTexts): Contender {
  const answer = (sample: number) => classOf(tokenizer.tokenize(texts.textOf(sample)));
  const hits = test.reduce((sum, sample) => sum + Number(answer(sample) === texts.labelOf(sample)), 0);
  const milliseconds = medianMilliseconds(test.length, (i) => answer(test[i] as number));
  return { name, scores: { accuracy: hits / test.length }, bytes, milliseconds };
}
