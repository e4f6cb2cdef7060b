import type { Artifact } from '@unroll/artifact/artifact.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import Table from 'cli-table3';
import { fitNaiveBayes } from './naive-bayes.ts';
import { type Prepared, textOf } from './prepare.ts';

/** One line of the final table. */
export interface Contender {
  name: string;
  accuracy: number;
  bytes: number;
  /** Median of single predictions, text to answer. */
  millisecondsPerReview: number;
}

const BATCH = 64;
const TIMED_TEXTS = 100;
/** Untimed answers before the timed ones, for the engine to compile the hot code. */
const WARM_UP_TEXTS = 40;

/** An artifact's accuracy on the test texts and speed at batch 1, through the same code that serves it. */
export function measureArtifact(name: string, artifact: Artifact, bytes: number, { dataset, split }: Prepared): Contender {
  const predictor = createPredictor(artifact);
  const test = Array.from(split.test);
  let hits = 0;
  for (let start = 0; start < test.length; start += BATCH) {
    const batch = test.slice(start, start + BATCH);
    for (const [i, { prediction }] of predictor.predictTexts(batch.map((sample) => textOf(dataset, sample))).entries()) {
      const actual = dataset.labels[(dataset.samples[batch[i] as number] as { label: number }).label];
      if (prediction.labels.length === 1 && prediction.labels[0] === actual) hits++;
    }
  }
  const millisecondsPerReview = medianMilliseconds(test, (sample) => predictor.predictTexts([textOf(dataset, sample)]));
  predictor.dispose();
  return { name, accuracy: hits / test.length, bytes, millisecondsPerReview };
}

/** Naive Bayes fitted on the training texts, on the same test texts. */
export function measureNaiveBayes({ dataset, split, tokenizer }: Prepared): Contender {
  const tokens = (sample: number) => tokenizer.tokenize(textOf(dataset, sample));
  const labelOf = (sample: number) => (dataset.samples[sample] as { label: number }).label;
  const bayes = fitNaiveBayes(
    Array.from(split.train, (sample) => ({ tokens: tokens(sample), label: labelOf(sample) })),
    dataset.labels.length,
  );
  const test = Array.from(split.test);
  const hits = test.filter((sample) => bayes.classOf(tokens(sample)) === labelOf(sample)).length;
  const millisecondsPerReview = medianMilliseconds(test, (sample) => bayes.classOf(tokens(sample)));
  return { name: 'naive Bayes', accuracy: hits / test.length, bytes: bayes.bytes, millisecondsPerReview };
}

/** The contenders as a table for the terminal. */
export function contendersTable(contenders: readonly Contender[], testSamples: number): string {
  const table = new Table({
    head: ['model', `accuracy on ${testSamples} test reviews`, 'bytes', 'ms per review'],
    colAligns: ['left', 'right', 'right', 'right'],
    chars: { mid: '', 'left-mid': '', 'mid-mid': '', 'right-mid': '' },
    style: { head: process.stdout.isTTY ? ['bold'] : [], border: [] },
  });
  for (const { name, accuracy, bytes, millisecondsPerReview } of contenders) {
    table.push([
      name,
      `${(accuracy * 100).toFixed(1)} %`,
      bytes.toLocaleString('en'),
      millisecondsPerReview.toFixed(millisecondsPerReview < 0.1 ? 3 : 2),
    ]);
  }
  return table.toString();
}

function medianMilliseconds(samples: readonly number[], answer: (sample: number) => unknown): number {
  for (const sample of samples.slice(0, WARM_UP_TEXTS)) answer(sample);
  const times = samples.slice(0, TIMED_TEXTS).map((sample) => {
    const started = performance.now();
    answer(sample);
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}
