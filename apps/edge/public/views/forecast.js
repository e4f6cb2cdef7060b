// The view of a forecaster: history, forecast and interval in a chart, and a live session row by row.
import { ask } from '../api.js';
import { seriesFigure, seriesLegend } from '../charts/series-chart.js';
import { h, listed } from '../dom.js';
import { complainAt } from '../field.js';
import { follow } from '../follow.js';
import { tableText } from '../inputs/csv.js';
import { calendar, dateText } from '../inputs/dates.js';
import { columnsRead, latestRows, readHistory } from '../inputs/history.js';
import { tableField } from '../inputs/table-field.js';
import { numbersSection, numbersTable } from '../numbers.js';
import { liveRows } from './live-rows.js';

/** @typedef {import('../inputs/history.js').History} History */
/** @typedef {{ forecast: Record<string, number[][]>, quantiles: number[] }} Forecast */

const examples = new Map([['weather', '/examples/weather.csv']]);

/** The most rows of the history in a chart. */
const SHOWN = 60;

/** @param {import('../playground.js').Stage} stage */
export async function mount({ root, model, complain, settle }) {
  /** @type {import('../inputs/history.js').ForecastTask} */
  const task = model.spec.task;
  /** @type {number} */
  const most = model.spec.input.maxLength;
  const names = columnsRead(task);
  const panel = forecastPanel(most);
  const table = tableField({
    label: 'History, the oldest row first',
    hint: hintOf(task),
    text: (await exampleOf(model.name)) ?? tableText(/** @type {Record<string, number[]>} */ (model.example)),
    onChange() {
      following.changed();
      live?.restart();
    },
  });
  const complainHere = (/** @type {unknown} */ error) => complainAt(error, { inputs: table }, complain);
  const historyNow = () => readHistory(table.text(), task);

  const following = follow({
    output: panel.element,
    delay: 300,
    async ask() {
      const history = historyNow();
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, { inputs: [latestRows(history, names, most)] });
      return { history, prediction: predictions[0] };
    },
    show: panel.show,
    clear: panel.clear,
    complain: complainHere,
    settle() {
      settle();
      table.settle();
    },
  });
  const live = model.everyStep ? liveRows({ model, names, task, historyNow, complain: complainHere, figures: figuresOf }) : undefined;
  root.replaceChildren(table.element, panel.element, ...(live ? [live.element] : []));
  following.now();
  return () => {
    following.stop();
    live?.stop();
  };
}

/** @param {number} most rows that the model reads */
function forecastPanel(most) {
  const charts = h('div', { class: 'charts' });
  const notes = h('p', { class: 'quiet', role: 'status' });
  const numbers = numbersSection();
  return {
    element: h('section', { 'aria-label': 'The forecast' }, charts, notes, numbers.element),
    /** @param {import('../follow.js').Absence} why */
    clear(why) {
      charts.replaceChildren(...(why === 'failed' ? [h('p', { class: 'quiet' }, 'No forecast')] : []));
      notes.textContent = '';
      numbers.show(undefined);
    },
    /** @param {{ history: History, prediction: Forecast }} answer */
    show({ history, prediction }) {
      charts.replaceChildren(...figuresOf(history, prediction, history.rows));
      const read = history.rows > most ? [`The model reads the last ${most} of ${history.rows} rows.`] : [];
      notes.textContent = [...read, ...history.notes].join(' ');
      numbers.show(forecastTable(history, prediction));
    },
  };
}

/** @param {import('../inputs/history.js').ForecastTask} task */
function hintOf(task) {
  const names = columnsRead(task);
  const fromDates = names.filter((name) => Object.hasOwn(calendar, name));
  const ahead = task.known.map(({ name }) => name).filter((name) => !fromDates.includes(name));
  return [
    `Columns, in any order: ${listed(names.filter((name) => !fromDates.includes(name)))}.`,
    fromDates.length ? `A column of dates (2015-07-31) gives ${listed(fromDates)}.` : 'A column of dates (2015-07-31) is optional.',
    ...(ahead.length ? [`Known ahead, so ${task.horizon} rows longer: ${listed(ahead)}.`] : []),
  ].join(' ');
}

/** The example table of a built-in model. @param {string} name */
async function exampleOf(name) {
  const path = examples.get(name);
  const response = path === undefined ? undefined : await fetch(path);
  return response?.ok ? response.text() : undefined;
}

/** A chart for each target: the forecast after the first `rows` rows. @param {History} history @param {Forecast} prediction @param {number} rows */
function figuresOf({ columns, units, dates }, { forecast, quantiles }, rows) {
  const from = Math.max(0, rows - SHOWN);
  const figures = Object.entries(forecast).map(([target, levels]) =>
    seriesFigure({
      title: target,
      unit: units[target],
      history: columns[target]?.slice(from, rows) ?? [],
      levels,
      dates: dates && { ...dates, seconds: dates.seconds.slice(from, rows + levels.length) },
    }),
  );
  return [seriesLegend(quantiles), ...figures];
}

/** @param {History} history @param {Forecast} prediction */
function forecastTable({ rows, units, dates }, { forecast, quantiles }) {
  const levels = quantiles.length ? quantiles.map((level) => `${Math.round(level * 100)} %`) : ['mean'];
  const when = (/** @type {number} */ step) => (dates ? dateText(dates.seconds[rows + step] ?? 0, dates) : `+${step + 1}`);
  const lines = Object.entries(forecast).flatMap(([target, steps]) =>
    steps.map((values, i) => [
      units[target] ? `${target} (${units[target]})` : target,
      when(i),
      ...values.map((value) => value.toFixed(2)),
    ]),
  );
  return numbersTable(['column', dates ? 'date' : 'step', ...levels], lines);
}
