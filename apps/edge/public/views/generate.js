// The view of a language model: text that continues a prompt, streamed token by token.
import { post, request } from '../api.js';
import { counted, h } from '../dom.js';
import { complainAt, labelled, numberIn } from '../field.js';
import { exampleButtons, examplesOf } from '../inputs/text-field.js';

/** "Again" draws its seeds below this number, so that they are short enough to type. */
const SEEDS = 1_000_000;

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const form = formOf(model);
  const panel = textPanel();
  /** @type {AbortController | undefined} */
  let writing;

  async function start() {
    clear();
    const own = new AbortController();
    writing = own;
    form.writeButton.textContent = 'Stop';
    try {
      await write(model.name, { body: form.body(), signal: own.signal, panel });
    } catch (error) {
      if (!own.signal.aborted) complainAt(error, form.fields, complain);
    }
    if (writing === own) rest();
  }

  function rest() {
    writing = undefined;
    form.writeButton.textContent = 'Write';
  }

  function stop() {
    writing?.abort();
    rest();
  }

  function clear() {
    stop();
    panel.clear();
    settle();
    for (const field of Object.values(form.fields)) field.settle();
  }

  form.element.addEventListener('submit', (event) => {
    event.preventDefault();
    if (writing) stop();
    else start();
  });
  form.againButton.addEventListener('click', () => {
    form.drawSeed();
    start();
  });
  form.element.addEventListener('keydown', ({ key }) => key === 'Escape' && stop());
  form.element.addEventListener('input', clear);
  root.replaceChildren(form.element, panel.element);
  start();
  return stop;
}

/** @param {import('../playground.js').Model} model */
function formOf(model) {
  const prompt = h('textarea', { id: 'prompt', rows: 2, maxlength: 2000 });
  prompt.value = examplesOf(model)[0]?.[1] ?? String(model.example);
  const temperature = h('input', { id: 'temperature', type: 'range', min: 0, max: 1.5, step: 0.05, value: 0.6 });
  const shown = h('output', { for: 'temperature' }, '0.60');
  temperature.addEventListener('input', () => {
    shown.textContent = Number(temperature.value).toFixed(2);
  });
  const length = h('input', { id: 'length', type: 'number', min: 1, max: 4000, value: 300 });
  const seed = h('input', { id: 'seed', type: 'number', min: 0, value: 1 });
  const fields = {
    prompt: labelled('How it begins', prompt, ...exampleButtons(model, prompt)),
    temperature: labelled(h('span', {}, 'Temperature ', shown), temperature),
    maxTokens: labelled('Tokens', length),
    seed: labelled('Seed', seed),
  };
  const writeButton = h('button', { id: 'write', class: 'primary' }, 'Write');
  const againButton = h('button', { id: 'again', type: 'button' }, 'Again, with a new seed');
  const settings = h('div', { class: 'fields' }, fields.temperature.element, fields.maxTokens.element, fields.seed.element);
  return {
    element: h('form', { novalidate: true }, fields.prompt.element, settings, h('div', { class: 'row' }, writeButton, againButton)),
    fields,
    writeButton,
    againButton,
    drawSeed() {
      seed.value = String(Math.floor(Math.random() * SEEDS));
    },
    body: () => ({
      prompt: prompt.value,
      maxTokens: numberIn(length),
      temperature: Number(temperature.value),
      seed: numberIn(seed),
    }),
  };
}

/** The prompt, the generated text, and its speed. */
function textPanel() {
  const given = h('span', { class: 'quiet' });
  const written = h('span', { id: 'written' });
  const pace = h('p', { id: 'pace', class: 'quiet' });
  return {
    element: h('section', { 'aria-label': 'The text' }, h('p', { class: 'prose' }, given, written), pace),
    given,
    written,
    pace,
    clear() {
      for (const part of [given, written, pace]) part.textContent = '';
    },
  };
}

/**
 * Streams the text of a request into the panel.
 * @param {string} model @param {{ body: { prompt: string, seed: number | null }, signal: AbortSignal, panel: ReturnType<typeof textPanel> }} options
 * @throws {import('../api.js').Problem} or an error that tells after how many tokens the stream broke off
 */
async function write(model, { body, signal, panel }) {
  const started = performance.now();
  let tokens = 0;
  const response = await request(`/v1/models/${model}/generate`, { ...post(body), signal });
  panel.given.textContent = body.prompt;
  for await (const { event, data } of eventsOf(response)) {
    if (signal.aborted || event === 'done') return;
    if (event === 'problem') throw new Error(`${data.title}: ${data.detail}`);
    panel.written.append(data.text);
    tokens++;
    const rate = Math.round((tokens / (performance.now() - started)) * 1000);
    panel.pace.textContent = `${counted(tokens, 'token')}, ${rate} a second, seed ${body.seed}`;
  }
  throw new Error(`The stream broke off after ${counted(tokens, 'token')}.`);
}

/** Server-sent events, each with one line of JSON. @param {Response} response @returns {AsyncGenerator<{ event: string, data: any }>} */
async function* eventsOf(response) {
  const reader = /** @type {ReadableStream<any>} */ (response.body).pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value = '' } = await reader.read();
    const blocks = (rest + value).split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const [, event = '', data = '{}'] = /^event: (.*)\ndata: (.*)$/.exec(block) ?? [];
      yield { event, data: JSON.parse(data) };
    }
    if (done) return;
  }
}
