// The page: lists the models and shows each with the view of its task, views/{task}.js.
import { ask, keepKey, onKeyWanted, onTiming } from './api.js';
import { byId, h } from './dom.js';
import { labelled } from './field.js';
import { inOrder, markModel, showModels } from './models-nav.js';

/**
 * @typedef {{
 *   name: string, digest: string, task: string, labels: string[], metrics: Record<string, number>, everyStep: boolean,
 *   example: unknown, weights: { parameters: number, bytes: number, dtype: string }, spec: { task: any, input: any, layers: { type: string }[] },
 * }} Model
 */
/**
 * What a view gets: an element to draw in, the model, and functions to report and clear errors.
 * @typedef {{ root: HTMLElement, model: Model, complain: (error: unknown) => void, settle: () => void }} Stage
 * @typedef {{ mount: (stage: Stage) => Promise<void | (() => void)> | void | (() => void) }} View
 */

const tasksWithViews = ['classify', 'forecast', 'generate', 'regress', 'tag', 'translate'];

const nav = byId('models', HTMLElement);
const root = byId('view', HTMLDivElement);
const notice = byId('notice', HTMLParagraphElement);
const problem = byId('problem', HTMLParagraphElement);

/** @param {unknown} error */
function complain(error) {
  problem.hidden = false;
  problem.textContent = error instanceof Error ? error.message : String(error);
}
const settle = () => {
  problem.hidden = true;
};

/** @type {import('./models-nav.js').Listed[]} */
let models = [];
/** @type {undefined | (() => void)} */
let unmount;
let latest = 0;

/** Shows the model that the address names, or the first. */
async function follow() {
  const turn = ++latest;
  const wanted = decodeURIComponent(location.hash.slice(1));
  const named = models.find(({ name }) => name === wanted);
  const shown = named ?? models[0];
  if (!shown) return;
  unmount?.();
  unmount = undefined;
  settle();
  notice.hidden = wanted === '' || named !== undefined;
  notice.textContent = notice.hidden ? '' : `No model here is called “${wanted}”. This is ${shown.name}.`;
  markModel(nav, shown.name);
  try {
    /** @type {Model} */
    const model = await ask(`/v1/models/${shown.name}`);
    /** @type {View} */
    const { mount } = await import(`./views/${tasksWithViews.includes(model.task) ? model.task : 'other'}.js`);
    // If another model was chosen meanwhile, that one is shown.
    if (turn !== latest) return;
    root.replaceChildren();
    describe(model);
    const end = (await mount({ root, model, complain, settle })) ?? undefined;
    if (turn === latest) unmount = end;
    else end?.();
  } catch (error) {
    if (turn === latest) complain(error);
  }
}

/** @param {Model} model */
function describe({ name, task, metrics, weights, digest }) {
  const scores = Object.entries(metrics)
    .slice(0, 3)
    .map(([metric, value]) => `${metric} ${Number(value.toPrecision(3))}`);
  const size = `${weights.parameters.toLocaleString('en')} ${weights.dtype} weights in ${Math.round(weights.bytes / 1024)} KB`;
  byId('about', HTMLParagraphElement).textContent =
    `Model ${name}: ${size}. On held-out data: ${scores.join(', ') || 'not scored'}. sha256 ${digest.slice(0, 12)}`;
  byId('latency', HTMLParagraphElement).textContent = '';
  byId('title', HTMLHeadingElement).textContent = `${name}: ${task}`;
  document.title = `${name} · Unroll`;
}

async function start() {
  ({ models } = await ask('/v1/models'));
  keyForm.hidden = true;
  models = inOrder(models);
  if (models.length === 0) throw new Error('No model is published yet. Train one: npm start');
  showModels(nav, models, () => root.focus());
  await follow();
}

const keyForm = byId('keyForm', HTMLFormElement);
const secret = h('input', { id: 'key', type: 'password', autocomplete: 'off', spellcheck: 'false' });
const keyField = labelled('This deployment needs an API key', secret, h('button', { type: 'submit' }, 'Use it'));
keyForm.append(keyField.element);
keyForm.addEventListener('submit', (event) => {
  event.preventDefault();
  keepKey(secret.value.trim());
  keyField.settle();
  settle();
  start().catch(complain);
});
onKeyWanted(({ detail }) => {
  const isFirst = keyForm.hidden;
  keyForm.hidden = false;
  if (!isFirst) keyField.fail(detail);
});

onTiming(({ roundTrip, compute }) => {
  const inside = compute > 0 ? `, ${compute.toFixed(1)} ms of it computing` : '';
  byId('latency', HTMLParagraphElement).textContent = `Answered in ${roundTrip.toFixed(0)} ms${inside}.`;
});
addEventListener('hashchange', follow);
start().catch(complain);
