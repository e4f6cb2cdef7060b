import { html, raw } from 'hono/html';
import type { TunedTrial } from '../experiments/tune.ts';
import { renderPage } from '../page/page.ts';
import type { Recipe } from '../recipe/recipe.ts';

export interface TuningContent {
  recipe: Recipe;
  trials: readonly TunedTrial[];
  picked: TunedTrial;
  metric: string;
  format: (value: number) => string;
  command: string;
}

/** A search as a page: parallel coordinates (Inselberg, 1985) and a table. */
export function renderTuning({ recipe, trials, picked, metric, format, command }: TuningContent): Promise<string> {
  const finite = trials.filter(({ value }) => Number.isFinite(value)).toSorted((a, b) => a.score - b.score);
  const names = Object.keys(picked.settings);
  const rows = finite.map(
    (trial) =>
      html`<tr${trial === picked ? raw(' class="picked"') : ''}><th scope="row">${trial.id}</th><td>${format(trial.value)}</td><td>${format(trial.standardError)}</td><td>${trial.epochs}</td><td>${trial.parameters.toLocaleString('en')}</td>${names.map((name) => html`<td>${trial.settings[name]}</td>`)}</tr>`,
  );
  const body = html`<p>Each line is a trial; the darker, the better its validation ${metric}. The thick line is trial ${picked.id}, the smallest
model within one standard error of the best.</p>
<figure>${raw(parallelCoordinates(recipe, finite, picked, metric, format))}</figure>
<p>Train it: <code>${command}</code></p>
<h2>Trials</h2>
<div class="scroll"><table class="numbers"><thead><tr><th>trial</th><th>validation ${metric}</th><th>± standard error</th><th>epochs</th><th>parameters</th>${names.map((name) => html`<th>${name}</th>`)}</tr></thead><tbody>${rows}</tbody></table></div>`;
  return renderPage({ title: `Tuning ${recipe.name}`, description: recipe.description, body, charts: [] });
}

const [WIDTH, HEIGHT, TOP, BOTTOM, SIDE] = [900, 320, 46, 26, 60];

interface Axis {
  name: string;
  of: (trial: TunedTrial) => number;
  log: boolean;
  format: (value: number) => string;
}

/** An SVG with an axis for each setting, for the size and for the score. It is raw HTML, so the settings' names are escaped. */
function parallelCoordinates(
  { search }: Recipe,
  trials: readonly TunedTrial[],
  picked: TunedTrial,
  metric: string,
  format: (value: number) => string,
): string {
  const plain = (value: number) => Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
  const axes: Axis[] = [
    ...Object.entries(search).map(([name, dimension]) => ({
      name,
      of: ({ settings }: TunedTrial) => settings[name] as number,
      log: 'values' in dimension ? dimension.values.every((value) => value > 0) : dimension.scale === 'log',
      format: plain,
    })),
    { name: 'parameters', of: ({ parameters }) => parameters, log: true, format: plain },
    { name: metric, of: ({ value }) => value, log: false, format },
  ];
  const x = (axis: number) => SIDE + (axis * (WIDTH - 2 * SIDE)) / (axes.length - 1);
  const ranges = axes.map(({ of }) => [Math.min(...trials.map(of)), Math.max(...trials.map(of))] as const);
  const y = (axis: number, value: number) => {
    const [low, high] = ranges[axis] as readonly [number, number];
    const at = axes[axis]?.log ? Math.log : (v: number) => v;
    const fraction = high > low ? (at(value) - at(low)) / (at(high) - at(low)) : 0.5;
    return HEIGHT - BOTTOM - fraction * (HEIGHT - TOP - BOTTOM);
  };
  const line = (trial: TunedTrial, rank: number) => {
    const points = axes.map(({ of }, axis) => `${x(axis).toFixed(1)},${y(axis, of(trial)).toFixed(1)}`).join(' ');
    const opacity = trial === picked ? 1 : 0.15 + 0.6 * (1 - rank / trials.length);
    const stroke = trial === picked ? 'var(--second)' : 'var(--accent)';
    return `<polyline points="${points}" fill="none" stroke="${stroke}" stroke-width="${trial === picked ? 3 : 1.5}" opacity="${opacity.toFixed(2)}"><title>trial ${trial.id}</title></polyline>`;
  };
  const scale = ({ name, format: write }: Axis, axis: number) => {
    const [low, high] = ranges[axis] as readonly [number, number];
    const at = x(axis).toFixed(1);
    return `<line x1="${at}" x2="${at}" y1="${TOP}" y2="${HEIGHT - BOTTOM}" stroke="var(--quiet)"/>
<text x="${at}" y="16" text-anchor="middle" font-weight="600">${escaped(name)}</text>
<text x="${at}" y="${TOP - 8}" text-anchor="middle" class="tick">${escaped(write(high))}</text>
<text x="${at}" y="${HEIGHT - 8}" text-anchor="middle" class="tick">${escaped(write(low))}</text>`;
  };
  // The picked trial is drawn last, on top.
  const ordered = trials.map((trial, rank) => ({ trial, rank })).sort((a, b) => Number(a.trial === picked) - Number(b.trial === picked));
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" class="parallel" role="img">${ordered.map(({ trial, rank }) => line(trial, rank)).join('')}${axes.map(scale).join('')}</svg>`;
}

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
