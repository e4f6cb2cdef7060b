import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import type { Metric } from '@unroll/model/tasks/task.ts';
import { html } from 'hono/html';
import { type Chart, chartFigure } from '../page/chart.ts';
import { renderPage } from '../page/page.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import { type Contender, columnsOf } from '../results/contenders.ts';
import type { Section } from '../results/task-results.ts';
import type { HeldOut } from '../training/held-out.ts';
import type { StepPoint } from './step-points.ts';

export interface ReportContent {
  title: string;
  description: string;
  /** All settings and results, by name. */
  settings: [name: string, value: string][];
  /** The command that repeats this run. */
  command: string;
  task: AnyTask;
  /** Of the contenders. */
  metrics: Readonly<Record<string, Metric>>;
  history: readonly EpochMetrics[];
  /** Loss and learning rate of steps, thinned. */
  steps: readonly StepPoint[];
  contenders: readonly Contender[];
  /** The unit of one timed answer: a text, a token. */
  unit: string;
  test: HeldOut;
  /** The task's own sections. */
  sections: readonly Section[];
  /** The source of the data. */
  source: string;
}

/** The run as one self-contained HTML page. */
export function renderReport(content: ReportContent): Promise<string> {
  const { title, description, task, history, test, sections, settings, command, source } = content;
  const best = history.findLast((row) => row.best);
  const [headline] = Object.entries(task.metricInfo);
  const curves = curvesOf(content, headline);
  const body = html`<section class="tiles">
${headline ? tile(`test ${headline[0]}`, headline[1].format(test.scores[headline[0]] as number), 'on samples never seen in training') : ''}
${tile('test loss', test.scores.loss.toFixed(3), 'mean over the test samples')}
${tile('best epoch', best ? `${best.epoch} of ${history.length}` : '–', best ? `validation loss ${best.validation.loss.toFixed(3)}` : '')}
${tile('speed', Math.round(median(history.map((row) => row.sequencesPerSecond))).toLocaleString('en'), 'sequences per second in training')}
</section>

<h2>Learning curves</h2>
<div class="charts">${curves.map(({ chart, caption }) => chartFigure(chart, caption))}</div>

<h2>Against its rivals</h2>
<div class="scroll">${contendersTable(content)}</div>

${sections.map((section) => html`<h2>${section.title}</h2>${section.body}`)}

<h2>Settings</h2>
<table><tbody>${settings.map(([name, value]) => html`<tr><th scope="row">${name}</th><td class="lines">${value}</td></tr>`)}</tbody></table>
<p>Run it again: <code>${command}</code></p>
<p class="quiet">Data: ${source}.</p>`;
  const charts = [...curves.map(({ chart }) => chart), ...sections.flatMap(({ chart }) => chart ?? [])];
  return renderPage({ title, description, body, charts });
}

function curvesOf(
  { history, steps }: ReportContent,
  headline: [name: string, metric: Metric] | undefined,
): { caption: string; chart: Chart }[] {
  const epochs = { x: history.map(({ epoch }) => epoch), xLabel: 'epoch' };
  const updates = { x: steps.map(({ update }) => update), xLabel: 'step' };
  const validation = (name: string) => history.map((row) => row.validation[name] as number);
  const training = { label: 'training', color: 'accent', points: true, values: history.map(({ loss }) => loss) } as const;
  const losses = [training, { label: 'validation', color: 'second', points: true, values: validation('loss') } as const];
  const norms = [{ label: 'norm', color: 'accent', thin: true, values: steps.map(({ gradientNorm }) => gradientNorm) } as const];
  const rates = [{ label: 'learning rate', color: 'accent', values: steps.map(({ learningRate }) => learningRate) } as const];
  const scores = headline && {
    caption: `Validation ${headline[0]}`,
    chart: {
      id: 'metric',
      ...epochs,
      yPercent: isPercent(headline[1]),
      lines: [{ label: headline[0], color: 'second', points: true, values: validation(headline[0]) } as const],
    },
  };
  return [
    { caption: 'Loss', chart: { id: 'loss', ...epochs, lines: losses } },
    ...(scores ? [scores] : []),
    { caption: 'Learning rate', chart: { id: 'learning-rate', ...updates, lines: rates } },
    { caption: 'Gradient norm, before clipping', chart: { id: 'gradient-norm', ...updates, yLog: true, lines: norms } },
  ];
}

function tile(name: string, value: string, note: string) {
  return html`<div class="tile"><span>${name}</span><strong>${value}</strong><small>${note}</small></div>`;
}

function contendersTable({ contenders, metrics, unit }: ReportContent) {
  const columns = columnsOf(metrics, unit);
  const rows = contenders.map(
    (contender) => html`<tr><th scope="row">${contender.name}</th>${columns.map(({ cell }) => html`<td>${cell(contender)}</td>`)}</tr>`,
  );
  return html`<table class="numbers"><thead><tr><th>on the test samples</th>${columns.map(({ head }) => html`<th>${head}</th>`)}</tr></thead><tbody>${rows}</tbody></table>`;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** Whether a metric is a fraction shown in percent. */
const isPercent = ({ format }: Metric) => format(0).endsWith('%');
