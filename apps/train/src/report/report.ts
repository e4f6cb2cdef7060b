import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import { html, raw } from 'hono/html';
import type { EpochMetrics } from '../events.ts';
import { type Contender, columnsOf } from '../results/contenders.ts';
import type { Section } from '../results/results.ts';
import type { Held } from '../train.ts';

export interface ReportContent {
  title: string;
  description: string;
  /** Name and value of everything that was set or found. */
  settings: [name: string, value: string][];
  /** The command that makes this run again. */
  command: string;
  task: AnyTask;
  history: readonly EpochMetrics[];
  /** Loss and learning rate of steps, thinned. */
  steps: readonly StepPoint[];
  contenders: readonly Contender[];
  /** What one timed answer is about. */
  unit: string;
  test: Held;
  /** The task's own. */
  sections: readonly Section[];
  /** Where the data comes from. */
  source: string;
}

export interface StepPoint {
  update: number;
  loss: number;
  learningRate: number;
  gradientNorm: number;
}

/** The run as one self-contained HTML page: no file beside it, no network. */
export async function renderReport(content: ReportContent): Promise<string> {
  const { title, description, task, history, steps, test, sections, settings, command, source } = content;
  const uplot = join(dirname(createRequire(import.meta.url).resolve('uplot/package.json')), 'dist');
  const local = (file: string) => readFileSync(join(import.meta.dirname, file), 'utf8');
  const best = history.findLast((row) => row.best);
  const [headline] = Object.entries(task.metricInfo);
  const charts = sections.flatMap(({ chart }) => chart ?? []);
  // JSON inside a script element: no "</script>" and no "<!--" may survive in it.
  const data = JSON.stringify({ history, steps, metric: headline?.[0], charts }).replaceAll('<', '\\u003c');

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
${headline ? tile(`test ${headline[0]}`, headline[1].format(test.scores[headline[0]] as number), 'on samples never seen in training') : ''}
${tile('test loss', test.scores.loss.toFixed(3), 'mean over rows')}
${tile('best epoch', best ? `${best.epoch} of ${history.length}` : '–', best ? `validation loss ${best.validation.loss.toFixed(3)}` : '')}
${tile('speed', Math.round(median(history.map((row) => row.sequencesPerSecond))).toLocaleString('en'), 'sequences a second in training')}
</section>

<h2>Learning curves</h2>
<div class="charts"><figure><figcaption>Loss</figcaption><div id="loss"></div></figure>
${headline ? html`<figure><figcaption>Validation ${headline[0]}</figcaption><div id="metric"></div></figure>` : ''}
<figure><figcaption>Learning rate</figcaption><div id="learning-rate"></div></figure>
<figure><figcaption>Gradient norm, before clipping</figcaption><div id="gradient-norm"></div></figure></div>

<h2>Against its rivals</h2>
${contendersTable(content)}

${sections.map((section) => html`<h2>${section.title}</h2>${section.body}`)}

<h2>Settings</h2>
<table><tbody>${settings.map(([name, value]) => html`<tr><th scope="row">${name}</th><td>${value}</td></tr>`)}</tbody></table>
<p>Run it again: <code>${command}</code></p>
<p class="quiet">Data: ${source}.</p>
</main>
<script type="application/json" id="data">${raw(data)}</script>
<script>${raw(readFileSync(join(uplot, 'uPlot.iife.min.js'), 'utf8'))}</script>
<script>${raw(local('charts.js'))}</script>
</body>
</html>`;
  return String(page);
}

function tile(name: string, value: string, note: string) {
  return html`<div class="tile"><span>${name}</span><strong>${value}</strong><small>${note}</small></div>`;
}

function contendersTable({ contenders, task, unit }: ReportContent) {
  const columns = columnsOf(task, unit);
  const rows = contenders.map(
    (contender) => html`<tr><th scope="row">${contender.name}</th>${columns.map(({ cell }) => html`<td>${cell(contender)}</td>`)}</tr>`,
  );
  return html`<table class="numbers"><thead><tr><th>on the test samples</th>${columns.map(({ head }) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
