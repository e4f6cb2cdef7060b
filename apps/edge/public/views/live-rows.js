// A live session of a forecaster: one row of the history at a time.
import { counted, h } from '../dom.js';
import { liveSection, liveSession } from '../live.js';

/**
 * @typedef {import('../inputs/history.js').History} History
 * @param {{
 *   model: import('../playground.js').Model, names: readonly string[], task: import('../inputs/history.js').ForecastTask,
 *   historyNow: () => History, complain: (error: unknown) => void,
 *   figures: (history: History, prediction: any, rows: number) => HTMLElement[],
 * }} options
 */
export function liveRows({ model, names, task, historyNow, complain, figures }) {
  const charts = h('div', { class: 'charts' });
  const known = new Set(task.known.map(({ name }) => name));
  /** Rows pushed, and rows answered. */
  let pushed = 0;
  let answered = 0;
  const session = liveSession({
    model,
    complain,
    onAnswer({ prediction }) {
      answered++;
      charts.replaceChildren(h('p', {}, `After ${counted(answered, 'row')}`), ...figures(historyNow(), prediction, answered));
    },
    onReset: forget,
  });

  function forget() {
    pushed = 0;
    answered = 0;
    charts.replaceChildren();
  }

  function pushNext() {
    try {
      const { columns, rows } = historyNow();
      if (pushed >= rows) throw new Error('All rows of the history are pushed. Start over, or add a row.');
      const row = names.map((name) => [name, columns[name]?.slice(pushed, pushed + (known.has(name) ? 1 + task.horizon : 1))]);
      pushed++;
      session.push(Object.fromEntries(row));
    } catch (error) {
      complain(error);
    }
  }

  const buttons = h(
    'div',
    { class: 'row' },
    h('button', { type: 'button', id: 'pushRow', onclick: pushNext }, 'Push the next row'),
    h('button', { type: 'button', onclick: session.reset }, 'Start over'),
    h('button', { type: 'button', onclick: session.disconnect }, 'Disconnect'),
  );
  const title = 'Live session: one row at a time';
  const about = 'Each push sends only the next row of the history. The server keeps the network’s state between them.';
  return {
    element: liveSection({ title, about, status: session.status }, buttons, charts),
    stop: session.disconnect,
    /** Starts over after the history has changed: the rows read so far belong to the old one. */
    restart() {
      if (pushed > 0) session.reset();
      forget();
    },
  };
}
