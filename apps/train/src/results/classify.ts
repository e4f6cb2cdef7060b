import type { TextSource } from '@unroll/datasets/text-source.ts';
import { type ConfusionMatrix, classScores, confusionMatrix, percent } from '@unroll/model/metrics.ts';
import { createPredictor } from '@unroll/model/predictor.ts';
import type { ClassifyTask } from '@unroll/model/tasks/classify.ts';
import { html } from 'hono/html';
import type { Prepared } from '../data/prepare.ts';
import { targetOf } from '../data/sequences.ts';
import type { HeldOut } from '../training/held-out.ts';
import { medianMilliseconds } from './contenders.ts';
import type { Section, TaskResults } from './task-results.ts';
import { textRivals } from './text-rivals.ts';

interface Mistake {
  sample: number;
  /** The label that the model gave the most probability. */
  predicted: string;
  actual: string;
  /** The probability that it gave to all wrong labels together. */
  error: number;
}

const MISTAKES_SHOWN = 25;

/** Confusion matrix and worst mistakes; for texts also rivals that count words. */
export function classifyResults(prepared: Prepared, task: ClassifyTask, test: HeldOut | undefined): TaskResults {
  const { data } = prepared;
  const { test: samples } = data.split;
  const texts = data.type === 'texts' ? data.texts : undefined;
  return {
    unit: texts ? 'text' : 'sample',
    time({ artifact }) {
      if (!texts) return Number.NaN;
      const predictor = createPredictor(artifact);
      const time = medianMilliseconds(samples.length, (i) => predictor.predict([texts.textOf(samples[i] as number)]));
      predictor.dispose();
      return time;
    },
    rivals: () => (data.type === 'texts' && task.classOf ? textRivals(data) : []),
    sections: () => sectionsOf(prepared, task, test?.outputs as Float32Array, texts),
  };
}

function sectionsOf(prepared: Prepared, task: ClassifyTask, outputs: Float32Array, texts: TextSource | undefined): Section[] {
  const { sequences, data } = prepared;
  const units = outputs.length / data.split.test.length;
  const rows = Array.from(data.split.test, (sample, i) => ({
    sample,
    outputs: outputs.subarray(i * units, (i + 1) * units),
    target: targetOf(sequences, sample),
  }));
  const { classOf, labels } = task;
  const matrix =
    classOf &&
    confusionMatrix(
      rows.map(({ target }) => classOf.target(target)),
      rows.map((row) => classOf.outputs(row.outputs)),
      labels.length,
    );
  const mistakes: Mistake[] = rows
    .map((row) => ({ ...row, ...task.judge(row.outputs, row.target) }))
    .filter(({ correct }) => !correct)
    .sort((a, b) => b.error - a.error)
    .map(({ sample, outputs: given, target, error }) => ({
      sample,
      predicted: task.decode(given).labels.join(', ') || 'none',
      actual: labels.filter((_, i) => (classOf ? classOf.target(target) === i : target[i] === 1)).join(', '),
      error,
    }));
  return [
    ...(matrix ? [{ title: 'Confusion matrix', body: confusionTable(matrix, labels) }] : []),
    ...(texts ? [{ title: 'Worst mistakes', body: mistakesTable(mistakes, texts.textOf) }] : []),
  ];
}

function confusionTable(matrix: ConfusionMatrix, labels: readonly string[]) {
  const largest = Math.max(...matrix.flat());
  const scores = classScores(matrix);
  const rows = matrix.map((row, actual) => {
    const { precision = 0, recall = 0, f1 = 0 } = scores[actual] ?? {};
    const cells = row.map((count) => html`<td class="cell" style="--share:${count / largest}">${count}</td>`);
    return html`<tr><th scope="row">${labels[actual]}</th>${cells}<td>${percent(precision)}</td><td>${percent(recall)}</td><td>${percent(f1)}</td></tr>`;
  });
  return html`<table class="numbers"><thead><tr><th>truth ↓, answer →</th>${labels.map((label) => html`<th>${label}</th>`)}<th>precision</th><th>recall</th><th>F1</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function mistakesTable(mistakes: readonly Mistake[], textOfSample: (sample: number) => string) {
  const rows = mistakes
    .slice(0, MISTAKES_SHOWN)
    .map(
      ({ sample, predicted, actual, error }) =>
        html`<tr><td>${textOfSample(sample)}</td><td>${predicted}</td><td>${actual}</td><td>${percent(error)}</td></tr>`,
    );
  return html`<p class="quiet">The most confident of ${mistakes.length} wrong answers.</p>
<table><thead><tr><th>text</th><th>answer</th><th>truth</th><th>confidence</th></tr></thead><tbody>${rows}</tbody></table>`;
}
