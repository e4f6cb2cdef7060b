import { html } from 'hono/html';
import type { Prepared } from '../data/prepare.ts';
import type { Diagnosis } from '../experiments/gradients-over-time.ts';
import { type Chart, chartFigure, lineColors } from '../page/chart.ts';
import { renderPage } from '../page/page.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import type { Recipe } from '../recipe/recipe.ts';
import type { StepPoint } from './step-points.ts';

/** One cell's part of a diagnosis. */
export interface DiagnosedRun {
  name: string;
  prepared: Prepared;
  before: Diagnosis;
  /** Undefined if training diverged. */
  after: Diagnosis | undefined;
  diverged: string | undefined;
  history: readonly EpochMetrics[];
  steps: readonly StepPoint[];
}

export interface DiagnosisContent {
  recipe: Recipe;
  runs: readonly DiagnosedRun[];
  metric: string | undefined;
  command: string;
}

/** Gradients back in time, for each cell, as one self-contained page. */
export function renderDiagnosis({ recipe, runs, metric, command }: DiagnosisContent): Promise<string> {
  const before = overTimeChart('before', runs, (run) => run.before);
  const after = overTimeChart('after', runs, (run) => run.after);
  const norms = normsChart(runs);
  const scores = scoresChart(runs, metric ?? 'loss');
  const trouble = runs.filter(({ diverged }) => diverged !== undefined);
  const body = html`
<h2>How far back the loss reaches</h2>
<p>The norm of dL/dh<sub>t</sub>, the gradient of the loss by the hidden state of each step, on a batch of validation samples.
A line that falls is a gradient that vanishes: the model cannot learn from steps that far back. A line that climbs is one that explodes.</p>
<div class="charts">${chartFigure(before, 'Before training')}${chartFigure(after, 'After training')}</div>
<h2>What follows from it</h2>
<div class="charts">${chartFigure(scores, `Validation ${metric ?? 'loss'}`)}${chartFigure(norms, 'Gradient norm at each step of training, before clipping')}</div>
${trouble.map(({ name, diverged }) => html`<p><b>${name}</b>: ${diverged}</p>`)}
<h2>Layer by layer, before training</h2>
<div class="scroll"><table class="numbers"><thead><tr><th>cell</th><th>layer</th><th>norm of its output</th><th>norm of its weights' gradient</th></tr></thead><tbody>${runs.flatMap(
    ({ name, before: { layers } }) =>
      layers.map(
        (layer) =>
          html`<tr><th scope="row">${name}</th><td>${layer.name}</td><td>${layer.activation.toPrecision(3)}</td><td>${layer.gradient.toPrecision(3)}</td></tr>`,
      ),
  )}</tbody></table></div>
<p>Run it again: <code>${command}</code></p>`;
  return renderPage({
    title: `Gradients of ${recipe.name}`,
    description: recipe.description,
    body,
    charts: [before, after, scores, norms],
  });
}

function overTimeChart(id: string, runs: readonly DiagnosedRun[], of: (run: DiagnosedRun) => Diagnosis | undefined): Chart {
  const curves = runs.flatMap((run, i) => {
    const overTime = Object.entries(of(run)?.overTime ?? {});
    return overTime.map(([layer, values], l) => ({
      label: overTime.length > 1 ? `${run.name}, ${layer}` : run.name,
      color: lineColors[i % lineColors.length] as (typeof lineColors)[number],
      dashed: l > 0,
      // A logarithmic scale cannot show 0.
      values: values.map((value) => (value > 0 ? value : null)),
    }));
  });
  const steps = Math.max(...curves.map(({ values }) => values.length), 0);
  return { id, x: Array.from({ length: steps }, (_, i) => i), xLabel: 'steps back from the last', yLog: true, lines: curves };
}

function normsChart(runs: readonly DiagnosedRun[]): Chart {
  const updates = [...new Set(runs.flatMap(({ steps }) => steps.map(({ update }) => update)))].sort((a, b) => a - b);
  const lines = runs.map(({ name, steps }, i) => {
    const byUpdate = new Map(steps.map(({ update, gradientNorm }) => [update, gradientNorm]));
    const color = lineColors[i % lineColors.length] as (typeof lineColors)[number];
    return { label: name, color, thin: true, values: updates.map((update) => byUpdate.get(update) ?? null) };
  });
  return { id: 'norms', x: updates, xLabel: 'step', yLog: true, lines };
}

function scoresChart(runs: readonly DiagnosedRun[], metric: string): Chart {
  const epochs = Math.max(...runs.map(({ history }) => history.length), 0);
  const lines = runs.map(({ name, history }, i) => {
    const color = lineColors[i % lineColors.length] as (typeof lineColors)[number];
    return { label: name, color, points: true, values: Array.from({ length: epochs }, (_, e) => history[e]?.validation[metric] ?? null) };
  });
  return { id: 'scores', x: Array.from({ length: epochs }, (_, e) => e + 1), xLabel: 'epoch', lines };
}
