import { html } from 'hono/html';
import { type Chart, chartFigure, type Line, lineColors } from '../page/chart.ts';
import { renderPage } from '../page/page.ts';
import type { EpochMetrics } from '../recipe/events.ts';
import type { StepPoint } from './step-points.ts';

/** One training of a comparison. */
export interface ComparedRun {
  /** Its settings, for display. */
  name: string;
  history: readonly EpochMetrics[];
  steps: readonly StepPoint[];
  diverged: string | undefined;
}

export interface ComparisonContent {
  recipe: string;
  /** The names of the settings that differ. */
  settings: readonly string[];
  runs: readonly ComparedRun[];
  metric: string;
}

/** The curves of several trainings side by side, as one self-contained page. */
export function renderComparison({ recipe, settings, runs, metric }: ComparisonContent): Promise<string> {
  const names = settings.join(', ');
  const figures: [Chart, string][] = [
    [byEpoch(runs, 'training', ({ loss }) => loss), 'Training loss'],
    [byEpoch(runs, 'validation', ({ validation }) => validation.loss), 'Validation loss'],
    [byEpoch(runs, 'metric', ({ validation }) => validation[metric] as number), `Validation ${metric}`],
    [byStep(runs, 'rate', ({ learningRate }) => learningRate, false), 'Learning rate'],
    [byStep(runs, 'norm', ({ gradientNorm }) => gradientNorm, true), 'Gradient norm, before clipping'],
  ];
  const trouble = runs.filter(({ diverged }) => diverged !== undefined);
  const body = html`<div class="charts">${figures.map(([chart, caption]) => chartFigure(chart, caption))}</div>
${trouble.map(({ name, diverged }) => html`<p><b>${name}</b>: ${diverged}</p>`)}`;
  const description = `The same data, seed and network; only ${names} ${settings.length === 1 ? 'differs' : 'differ'}.`;
  return renderPage({ title: `${recipe}: ${names}`, description, body, charts: figures.map(([chart]) => chart) });
}

function byEpoch(runs: readonly ComparedRun[], id: string, of: (row: EpochMetrics) => number): Chart {
  const epochs = Math.max(0, ...runs.map(({ history }) => history.length));
  const x = Array.from({ length: epochs }, (_, i) => i + 1);
  const lines = runs.map(({ name, history }, i): Line => {
    const values = x.map((epoch) => history[epoch - 1]).map((row) => (row ? of(row) : null));
    return { label: name, color: colorOf(i), points: true, values };
  });
  return { id, x, xLabel: 'epoch', lines };
}

function byStep(runs: readonly ComparedRun[], id: string, of: (step: StepPoint) => number, yLog: boolean): Chart {
  const updates = [...new Set(runs.flatMap(({ steps }) => steps.map(({ update }) => update)))].sort((a, b) => a - b);
  const lines = runs.map(({ name, steps }, i): Line => {
    const at = new Map(steps.map((step) => [step.update, of(step)]));
    return { label: name, color: colorOf(i), thin: true, values: updates.map((update) => at.get(update) ?? null) };
  });
  return { id, x: updates, xLabel: 'step', yLog, lines };
}

const colorOf = (i: number) => lineColors[i % lineColors.length] as NonNullable<Line['color']>;
