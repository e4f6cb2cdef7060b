// A history and what is foretold of it, as a chart with an interval: uPlot, on a canvas of the page's own colours.
// @ts-expect-error the build puts uPlot beside the page's own scripts
import uPlot from './uPlot.esm.js';

const HEIGHT = 220;

/** The value of a colour of playground.css: light-dark() resolves on an element, not on the variable. @param {string} name */
function color(name) {
  const probe = document.body.appendChild(document.createElement('i'));
  probe.style.color = `var(--${name})`;
  const value = getComputedStyle(probe).color;
  probe.remove();
  return value;
}

/** @param {HTMLElement} figure @param {number[]} history @param {number[][]} levels values a step, the lowest first @param {number[]} quantiles */
export function drawSeries(figure, history, levels, quantiles) {
  const x = Array.from({ length: history.length + levels.length }, (_, i) => i - history.length + 1);
  const ahead = (/** @type {number} */ level) =>
    x.map((_, i) =>
      i < history.length - 1 ? null : i === history.length - 1 ? (history.at(-1) ?? null) : (levels[i - history.length]?.[level] ?? null),
    );
  const last = (levels[0]?.length ?? 1) - 1;
  const interval = last > 0;
  const axis = { stroke: color('quiet'), grid: { stroke: color('line'), width: 1 }, ticks: { stroke: color('line'), width: 1 } };
  const share = interval ? `${Math.round(((quantiles.at(-1) ?? 1) - (quantiles[0] ?? 0)) * 100)} % interval` : '';
  const edge = { stroke: color('band'), width: 1, points: { show: false } };
  const series = [
    { label: 'step' },
    { label: 'came', stroke: color('ink'), width: 1.5, points: { show: false } },
    { label: 'foretold', stroke: color('accent'), width: 2.5, points: { show: false } },
    ...(interval
      ? [
          { label: `${share}, to`, ...edge },
          { label: 'from', ...edge },
        ]
      : []),
  ];
  const data = [x, [...history, ...levels.map(() => null)], ahead(last >> 1), ...(interval ? [ahead(last), ahead(0)] : [])];
  const options = {
    width: Math.max(280, figure.clientWidth),
    height: HEIGHT,
    scales: { x: { time: false } },
    axes: [axis, { ...axis, size: 46 }],
    series,
    bands: interval ? [{ series: [3, 4], fill: color('band') }] : [],
    legend: { show: false },
    cursor: { y: false },
  };
  const target = document.createElement('div');
  target.setAttribute('role', 'img');
  target.setAttribute('aria-label', 'History and forecast; the numbers follow below.');
  figure.append(target);
  new uPlot(options, data, target);
}
