// The page: lists what is served, and lets the view of the model's task show it. A task's view is views/{task}.js.
import { ask, connectKey, onAnswer } from './api.js';
import { byId, h } from './dom.js';

/** @typedef {{ name: string, task: string, digest: string }} Listed */
/**
 * @typedef {{
 *   name: string, digest: string, task: string, labels: string[], metrics: Record<string, number>, everyStep: boolean,
 *   example: unknown, weights: { parameters: number, bytes: number, dtype: string }, spec: { task: any },
 * }} Model
 */
/**
 * What a view is given: where to draw, the model, and how to tell what went wrong.
 * @typedef {{ root: HTMLElement, model: Model, complain: (error: unknown) => void, settle: () => void }} Stage
 * @typedef {{ mount: (stage: Stage) => Promise<void | (() => void)> | void | (() => void) }} View
 */

const tasksWithViews = ['classify', 'forecast', 'generate'];

const problem = byId('problem', HTMLParagraphElement);

/** @param {unknown} error */
function complain(error) {
  problem.hidden = false;
  problem.textContent = error instanceof Error ? error.message : String(error);
}
const settle = () => {
  problem.hidden = true;
};

/** @type {undefined | (() => void)} */
let unmount;

/** @param {Listed} listed */
async function show(listed) {
  unmount?.();
  unmount = undefined;
  settle();
  for (const tab of document.querySelectorAll('#models a')) {
    if (tab.getAttribute('href') === `#${listed.name}`) tab.setAttribute('aria-current', 'page');
    else tab.removeAttribute('aria-current');
  }
  try {
    /** @type {Model} */
    const model = await ask(`/v1/models/${listed.name}`);
    const view = tasksWithViews.includes(model.task) ? model.task : 'other';
    /** @type {View} */
    const { mount } = await import(`./views/${view}.js`);
    const root = byId('view', HTMLDivElement);
    root.replaceChildren();
    tell(model);
    unmount = (await mount({ root, model, complain, settle })) ?? undefined;
  } catch (error) {
    complain(error);
  }
}

/** @param {Model} model */
function tell({ name, metrics, weights, digest }) {
  const scores = Object.entries(metrics)
    .slice(0, 3)
    .map(([metric, value]) => `${metric} ${Number(value.toPrecision(3))}`);
  const size = `${weights.parameters.toLocaleString('en')} ${weights.dtype} weights in ${Math.round(weights.bytes / 1024)} KB`;
  byId('about', HTMLParagraphElement).textContent =
    `Model ${name}: ${size}. On held-out data: ${scores.join(', ') || 'not scored'}. sha256 ${digest.slice(0, 12)}`;
}

async function start() {
  /** @type {{ models: Listed[] }} */
  const { models } = await ask('/v1/models');
  byId('keyForm', HTMLFormElement).hidden = true;
  if (models.length === 0) throw new Error('No model is published yet. Train one: npm start');
  // What is easiest to see first.
  const order = ['classify', 'forecast', 'generate'];
  const rank = (/** @type {Listed} */ { task }) => (order.includes(task) ? order.indexOf(task) : order.length);
  models.sort((a, b) => rank(a) - rank(b));
  const tabs = models.map(({ name, task }) => h('a', { href: `#${name}` }, name, h('small', {}, task)));
  byId('models', HTMLElement).replaceChildren(...tabs);
  const follow = () => show(models.find(({ name }) => `#${name}` === location.hash) ?? /** @type {Listed} */ (models[0]));
  addEventListener('hashchange', follow);
  await follow();
}

onAnswer(({ roundTrip, compute }) => {
  const inside = compute > 0 ? `, ${compute.toFixed(1)} ms of it computing` : '';
  byId('latency', HTMLParagraphElement).textContent = `Answered in ${roundTrip.toFixed(0)} ms${inside}.`;
});
connectKey(byId('keyForm', HTMLFormElement), byId('key', HTMLInputElement), () => start().catch(complain));
start().catch(complain);
