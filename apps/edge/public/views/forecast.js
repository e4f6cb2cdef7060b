// Columns of numbers and what comes next: history, forecast and interval in a chart, and a live session row by row.
import { ask } from '../api.js';
import { debounced, h } from '../dom.js';
import { liveSession } from '../live.js';
import { drawSeries } from '../series-chart.js';

/** @typedef {Record<string, number[]>} Columns */
/** @typedef {{ forecast: Record<string, number[][]>, quantiles: number[] }} Forecast */

/** Rows of the history that the chart shows. */
const SHOWN = 60;

/** @param {import('../playground.js').Stage} stage */
export async function mount({ root, model, complain, settle }) {
  const { inputs, known, targets, horizon } = /** @type {Record<string, any>} */ (model.spec.task);
  /** @type {string[]} */
  const names = [...new Set([...inputs, ...known].map(({ name }) => name))];
  const isKnown = new Set(known.map((/** @type {{ name: string }} */ { name }) => name));
  const table = h('textarea', { id: 'table', rows: 7, spellcheck: 'false', class: 'numbers' });
  table.value = (await exampleOf(model.name)) ?? tableOf(names, /** @type {Columns} */ (model.example));
  const charts = h('div', { class: 'charts' });
  const figures = h('details', {}, h('summary', {}, 'The numbers'), h('div', { class: 'scroll' }));

  let latest = 0;
  async function answer() {
    const turn = ++latest;
    try {
      const columns = columnsOf(table.value, isKnown);
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [columns] });
      if (turn !== latest) return;
      settle();
      show(columns, predictions[0]);
    } catch (error) {
      if (turn === latest) complain(error);
    }
  }

  /** @param {Columns} columns @param {Forecast} prediction */
  function show(columns, { forecast, quantiles }) {
    charts.replaceChildren(
      ...Object.entries(forecast).map(([target, levels]) => {
        const figure = h(
          'figure',
          {},
          h('figcaption', {}, `${target}: the last ${Math.min(SHOWN, columns[target]?.length ?? 0)} rows and the next ${horizon}`),
        );
        // After the figure is in the page: the chart takes its width.
        requestAnimationFrame(() => drawSeries(figure, (columns[target] ?? []).slice(-SHOWN), levels, quantiles));
        return figure;
      }),
    );
    figures.lastElementChild?.replaceChildren(tableElement(forecast, quantiles));
  }

  table.addEventListener('input', debounced(answer, 300));
  const live = model.everyStep
    ? liveRows({ model, isKnown, horizon, target: targets[0].name, columns: () => columnsOf(table.value, isKnown), complain })
    : undefined;
  root.replaceChildren(
    h('label', { for: 'table' }, 'History, the oldest row first'),
    table,
    h('p', { class: 'quiet' }, known.length ? `Columns known beforehand (${[...isKnown].join(', ')}) go on ${horizon} rows further.` : ''),
    h('section', { 'aria-label': 'The forecast' }, charts, figures),
    ...(live ? [live.element] : []),
  );
  await answer();
  return () => live?.stop();
}

/** A table that ships with a built-in model. @param {string} name */
async function exampleOf(name) {
  const response = await fetch(`/examples/${name}.csv`);
  return response.ok ? response.text() : undefined;
}

/** @param {string[]} names @param {Columns} columns */
function tableOf(names, columns) {
  const rows = Math.max(...names.map((name) => columns[name]?.length ?? 0));
  const lines = Array.from({ length: rows }, (_, row) => names.map((name) => columns[name]?.[row] ?? '').join(','));
  return [names.join(','), ...lines].join('\n');
}

/** @param {string} csv @param {ReadonlySet<string>} isKnown @returns {Columns} */
function columnsOf(csv, isKnown) {
  const [head = '', ...lines] = csv.trim().split(/\r?\n/);
  const names = head.split(',').map((name) => name.trim());
  const rows = lines.map((line) => line.split(','));
  const entries = names.map((name, i) => {
    const cells = rows.map((row) => (row[i] ?? '').trim());
    const filled = isKnown.has(name) ? cells : cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1);
    const wrong = filled.findIndex((cell) => cell === '' || !Number.isFinite(Number(cell)));
    if (wrong >= 0) throw new Error(`Row ${wrong + 1}: '${name}' is no number.`);
    return /** @type {const} */ ([name, filled.map(Number)]);
  });
  return Object.fromEntries(entries);
}

/** The forecast for those who read rather than look. @param {Record<string, number[][]>} forecast @param {number[]} quantiles */
function tableElement(forecast, quantiles) {
  const levels = quantiles.length ? quantiles.map((level) => `${Math.round(level * 100)} %`) : ['mean'];
  const head = h('tr', {}, h('th', {}, 'column'), h('th', {}, 'step'), ...levels.map((level) => h('th', {}, level)));
  const rows = Object.entries(forecast).flatMap(([target, steps]) =>
    steps.map((values, i) =>
      h('tr', {}, h('th', { scope: 'row' }, target), h('td', {}, `+${i + 1}`), ...values.map((value) => h('td', {}, value.toFixed(2)))),
    ),
  );
  return h('table', {}, h('thead', {}, head), h('tbody', {}, ...rows));
}

/**
 * @param {{ model: import('../playground.js').Model, isKnown: ReadonlySet<string>, horizon: number, target: string, columns: () => Columns, complain: (error: unknown) => void }} options
 */
function liveRows({ model, isKnown, horizon, target, columns, complain }) {
  const chart = h('figure', {});
  let read = 0;
  const session = liveSession({
    model,
    complain,
    onAnswer: ({ prediction }) => {
      chart.replaceChildren(h('figcaption', {}, `${target} after ${read} rows`));
      drawSeries(chart, (columns()[target] ?? []).slice(0, read), prediction.forecast[target], prediction.quantiles);
    },
    onReset: () => {
      read = 0;
      chart.replaceChildren();
    },
  });
  function pushNext() {
    const all = columns();
    if (read >= (all[target]?.length ?? 0)) return complain(new Error('The history has no further row. Begin anew, or add some.'));
    const row = Object.entries(all).map(([name, values]) => [name, values.slice(read, read + (isKnown.has(name) ? 1 + horizon : 1))]);
    read++;
    session.push(Object.fromEntries(row));
  }
  const element = h(
    'details',
    { class: 'live' },
    h('summary', {}, 'Live session: one row at a time'),
    h('p', { class: 'quiet' }, 'Each push sends the next row of the history alone. The server keeps the network’s state between them.'),
    h(
      'div',
      { class: 'row' },
      h('button', { type: 'button', id: 'pushRow', onclick: pushNext }, 'Push the next row'),
      h('button', { type: 'button', onclick: session.reset }, 'Begin anew'),
      h('button', { type: 'button', onclick: session.disconnect }, 'Disconnect'),
    ),
    chart,
    session.status,
  );
  return { element, stop: session.disconnect };
}
