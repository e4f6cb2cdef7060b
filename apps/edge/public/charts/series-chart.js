// A history and its forecast as a chart with an interval: uPlot, on a canvas in the page's own colours.
import { h } from '../dom.js';
import { dateText } from '../inputs/dates.js';
import { entry, legend } from '../legend.js';
// @ts-expect-error the build makes lib/
import uPlot from '../lib/uplot.js';

/** Steps between the ticks of an axis without dates. */
const WHOLE_ROWS = [1, 2, 5, 10, 20, 50, 100];
/** The height that styles/answers.css reserves. */
const HEIGHT = 190;

/**
 * @typedef {{
 *   title: string, unit?: string | undefined, history: number[], levels: number[][],
 *   dates?: { seconds: number[], hasTime: boolean } | undefined,
 * }} Series `levels` holds the forecast's values for each step, the lowest first; `dates` cover history and forecast
 */

/** The value of a colour in styles/base.css. light-dark() resolves on an element, not on the variable. @param {string} name */
function colour(name) {
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = `var(--${name})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** The legend of a forecast's charts. @param {readonly number[]} quantiles */
export function seriesLegend(quantiles) {
  const [lowest = 0] = quantiles;
  const inside = Math.round(((quantiles.at(-1) ?? 1) - lowest) * 100);
  const interval = quantiles.length > 1 ? [entry('band', `${inside} % interval`, 'var(--band)')] : [];
  return legend(
    entry('line', 'measured', 'var(--ink)'),
    entry('line', quantiles.length > 0 ? 'forecast (median)' : 'forecast (mean)', 'var(--accent)'),
    ...interval,
  );
}

/** A figure that draws itself once it is in the page, and again when its width or the colour scheme changes. @param {Series} series */
export function seriesFigure(series) {
  const { title, unit } = series;
  const plot = h('div', { class: 'plot', role: 'img', 'aria-label': summaryOf(series) });
  const figure = h('figure', {}, h('figcaption', {}, title, ...(unit ? [h('span', { class: 'quiet' }, ` in ${unit}`)] : [])), plot);
  /** @type {any} */
  let chart;
  const redraw = () => {
    chart?.destroy();
    chart = plot.clientWidth > 0 ? new uPlot(optionsOf(series, plot.clientWidth), dataOf(series), plot) : undefined;
  };
  new ResizeObserver(redraw).observe(plot);
  const scheme = matchMedia('(prefers-color-scheme: dark)');
  scheme.addEventListener('change', function follow() {
    if (plot.isConnected) redraw();
    else scheme.removeEventListener('change', follow);
  });
  return figure;
}

/** @param {Series} series */
function summaryOf({ title, unit = '', history, levels }) {
  const last = levels.at(-1) ?? [];
  const middle = last[last.length >> 1] ?? 0;
  return `${title}: ${history.length} rows measured, the last ${history.at(-1)} ${unit}; after ${levels.length} more the forecast is ${middle.toFixed(1)} ${unit}. The numbers follow below.`;
}

/** @param {Series} series */
function dataOf({ history, levels, dates }) {
  const x = Array.from({ length: history.length + levels.length }, (_, i) => dates?.seconds[i] ?? i - history.length + 1);
  const last = (levels[0]?.length ?? 1) - 1;
  // The forecast's line begins at the history's last point, so that the lines meet.
  const ahead = (/** @type {number} */ level) => [
    ...history.slice(1).map(() => null),
    history.at(-1) ?? null,
    ...levels.map((values) => values[level] ?? null),
  ];
  const measured = [...history, ...levels.map(() => null)];
  return [x, measured, ahead(last >> 1), ...(last > 0 ? [ahead(last), ahead(0)] : [])];
}

/** @param {Series} series @param {number} width */
function optionsOf({ levels, dates }, width) {
  const hasInterval = (levels[0]?.length ?? 1) > 1;
  const axis = {
    stroke: colour('quiet'),
    font: '12px system-ui, sans-serif',
    grid: { stroke: colour('line'), width: 1 },
    ticks: { show: false },
  };
  const edge = { stroke: colour('band'), width: 1, points: { show: false } };
  const asDates = (/** @type {unknown} */ _, /** @type {number[]} */ splits) =>
    splits.map((second) => dateText(second, { hasTime: (dates?.hasTime ?? false) && second % 86_400 !== 0 }));
  return {
    width,
    height: HEIGHT,
    tzDate: (/** @type {number} */ second) => uPlot.tzDate(new Date(second * 1000), 'Etc/UTC'),
    scales: { x: { time: dates !== undefined } },
    axes: [
      { ...axis, size: 28, space: 54, ...(dates ? { values: asDates } : { incrs: WHOLE_ROWS }) },
      { ...axis, size: 40 },
    ],
    series: [
      {},
      { stroke: colour('ink'), width: 1.5, points: { show: false } },
      { stroke: colour('accent'), width: 2.5, points: { show: false } },
      ...(hasInterval ? [edge, edge] : []),
    ],
    bands: hasInterval ? [{ series: [3, 4], fill: colour('band') }] : [],
    legend: { show: false },
    cursor: { show: false },
  };
}
