import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { classScores } from '@unroll/model/metrics.ts';
import { html, raw } from 'hono/html';
import type { Contender } from '../compare.ts';
import type { Evaluation } from '../evaluate.ts';
import type { EpochMetrics } from '../train.ts';

export interface ReportContent {
  title: string;
  description: string;
  /** Name and value of everything that was set or found. */
  settings: [name: string, value: string][];
  /** The command that makes this run again. */
  command: string;
  history: readonly EpochMetrics[];
  contenders: readonly Contender[];
  test: Evaluation;
  labels: readonly string[];
  /** Text of a test sample. */
  textOf: (sample: number) => string;
  /** Where the data comes from. */
  source: string;
}

const MISTAKES_SHOWN = 25;

const percent = (value: number) => `${(value * 100).toFixed(1)} %`;

/** The run as one self-contained HTML page: no file beside it, no network. */
export async function renderReport(content: ReportContent): Promise<string> {
  const { title, description, history, test, labels, settings, command, source } = content;
  const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  const local = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
  const best = history.findLast((row) => row.best);
  // JSON inside a script element: no "</script>" and no "<!--" may survive in it.
  const data = JSON.stringify(history).replaceAll('<', '\\u003c');

  const page = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${raw(readFileSync(join(uplot, 'uPlot.min.css'), 'utf8'))}${raw(local('report.css'))}</style>
</head>
<body>
<main>
<h1>${title}</h1>
<p class="quiet">${description}</p>

<section class="tiles">
${tile('test accuracy', percent(test.accuracy), `${test.samples} reviews never seen in training`)}
${tile('test loss', test.loss.toFixed(3), 'cross-entropy')}
${tile('best epoch', best ? `${best.epoch} of ${history.length}` : '–', best ? `validation loss ${best.validationLoss.toFixed(3)}` : '')}
${tile('speed', Math.round(median(history.map((row) => row.sequencesPerSecond))).toLocaleString('en'), 'sequences a second in training')}
</section>

<h2>Learning curves</h2>
<div class="charts"><figure><figcaption>Loss</figcaption><div id="loss"></div></figure>
<figure><figcaption>Validation accuracy</figcaption><div id="accuracy"></div></figure></div>

<h2>Against its rivals</h2>
${contendersTable(content.contenders)}

<h2>Confusion matrix</h2>
${test.confusion ? confusionTable(test.confusion, labels) : ''}

<h2>Worst mistakes</h2>
<p class="quiet">The wrong answers the model was surest of, of ${test.mistakes.length} in all.</p>
${mistakesTable(content)}

<h2>Settings</h2>
<table><tbody>${settings.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>
<p>Run it again: <code>${command}</code></p>
<p class="quiet">Data: ${source}.</p>
</main>
<script type="application/json" id="history">${raw(data)}</script>
<script>${raw(readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8'))}</script>
<script>${raw(local('charts.js'))}</script>
</body>
</html>`;
  return String(page);
}

function tile(name: string, value: string, note: string) {
  return html`<div class="tile"><span>${name}</span><strong>${value}</strong><small>${note}</small></div>`;
}

function contendersTable(contenders: readonly Contender[]) {
  const rows = contenders.map(
    ({ name, accuracy, bytes, millisecondsPerReview }) =>
      html`<tr><th scope="row">${name}</th><td>${percent(accuracy)}</td><td>${bytes.toLocaleString('en')}</td><td>${millisecondsPerReview.toFixed(3)}</td></tr>`,
  );
  return html`<table class="numbers"><thead><tr><th>model</th><th>test accuracy</th><th>bytes</th><th>ms per review</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function confusionTable(matrix: readonly (readonly number[])[], labels: readonly string[]) {
  const largest = Math.max(...matrix.flat());
  const scores = classScores(matrix.map((row) => [...row]));
  const rows = matrix.map((row, actual) => {
    const { precision = 0, recall = 0, f1 = 0 } = scores[actual] ?? {};
    const cells = row.map((count) => html`<td class="cell" style="--share:${count / largest}">${count}</td>`);
    return html`<tr><th scope="row">${labels[actual]}</th>${cells}<td>${percent(precision)}</td><td>${percent(recall)}</td><td>${percent(f1)}</td></tr>`;
  });
  return html`<table class="numbers"><thead><tr><th>truth ↓, answer →</th>${labels.map((label) => html`<th>${label}</th>`)}<th>precision</th><th>recall</th><th>F1</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function mistakesTable({ test, textOf }: ReportContent) {
  const rows = test.mistakes
    .slice(0, MISTAKES_SHOWN)
    .map(
      ({ sample, predicted, actual, error }) =>
        html`<tr><td>${textOf(sample)}</td><td>${predicted}</td><td>${actual}</td><td>${percent(error)}</td></tr>`,
    );
  return html`<table><thead><tr><th>text</th><th>answer</th><th>truth</th><th>sureness</th></tr></thead><tbody>${rows}</tbody></table>`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
