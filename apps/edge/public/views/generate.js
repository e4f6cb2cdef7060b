// Text that continues a prompt, streamed token by token.
import { post, request } from '../api.js';
import { counted, h } from '../dom.js';
import { complainAt, labelled } from '../field.js';
import { exampleButtons, examplesOf } from '../inputs/text-field.js';

/** Seeds that "Again" draws from: short enough to type. */
const SEEDS = 1_000_000;

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const prompt = h('textarea', { id: 'prompt', rows: 2, maxlength: 2000 });
  prompt.value = examplesOf(model)[0]?.[1] ?? String(model.example);
  const temperature = h('input', { id: 'temperature', type: 'range', min: 0, max: 1.5, step: 0.05, value: 0.6 });
  const warmth = h('output', { for: 'temperature' }, '0.60');
  const length = h('input', { id: 'length', type: 'number', min: 1, max: 4000, value: 300 });
  const seed = h('input', { id: 'seed', type: 'number', min: 0, value: 1 });
  const fields = {
    prompt: labelled('How it begins', prompt, ...exampleButtons(model, prompt)),
    temperature: labelled(h('span', {}, 'Temperature ', warmth), temperature),
    maxTokens: labelled('Tokens', length),
    seed: labelled('Seed', seed),
  };
  const button = h('button', { id: 'write', class: 'primary' }, 'Write');
  const again = h('button', { id: 'again', type: 'button' }, 'Again, with a new seed');
  const given = h('span', { class: 'quiet' });
  const written = h('span', { id: 'written' });
  const pace = h('p', { id: 'pace', class: 'quiet' });
  /** @type {AbortController | undefined} */
  let writing;

  function clear() {
    writing?.abort();
    for (const part of [given, written, pace]) part.textContent = '';
    settle();
    for (const each of Object.values(fields)) each.settle();
  }

  /** @param {AbortSignal} signal */
  async function write(signal) {
    const body = {
      prompt: prompt.value,
      maxTokens: numberIn(length),
      temperature: Number(temperature.value),
      seed: numberIn(seed),
    };
    const started = performance.now();
    let tokens = 0;
    const response = await request(`/v1/models/${model.name}/generate`, { ...post(body), signal });
    given.textContent = body.prompt;
    for await (const { event, data } of eventsOf(response)) {
      if (signal.aborted) return;
      if (event === 'problem') throw new Error(`${data.title}: ${data.detail}`);
      if (event === 'done') return;
      written.append(data.text);
      tokens++;
      const rate = Math.round((tokens / (performance.now() - started)) * 1000);
      pace.textContent = `${counted(tokens, 'token')}, ${rate} a second, seed ${body.seed}`;
    }
    throw new Error(`The stream broke off after ${counted(tokens, 'token')}.`);
  }

  async function start() {
    clear();
    const own = new AbortController();
    writing = own;
    button.textContent = 'Stop';
    try {
      await write(own.signal);
    } catch (error) {
      if (!own.signal.aborted) complainAt(error, fields, complain);
    }
    if (writing !== own) return;
    writing = undefined;
    button.textContent = 'Write';
  }

  function stop() {
    writing?.abort();
    writing = undefined;
    button.textContent = 'Write';
  }

  again.addEventListener('click', () => {
    seed.value = String(Math.floor(Math.random() * SEEDS));
    start();
  });
  const form = h(
    'form',
    { novalidate: true },
    fields.prompt.element,
    h('div', { class: 'fields' }, fields.temperature.element, fields.maxTokens.element, fields.seed.element),
    h('div', { class: 'row' }, button, again),
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (writing) stop();
    else start();
  });
  form.addEventListener('keydown', ({ key }) => key === 'Escape' && stop());
  form.addEventListener('input', () => {
    warmth.textContent = Number(temperature.value).toFixed(2);
    stop();
    clear();
  });
  root.replaceChildren(form, h('section', { 'aria-label': 'The text' }, h('p', { class: 'prose' }, given, written), pace));
  start();
  return stop;
}

/** The number in a field, or null if there is none: the API says what it expects. @param {HTMLInputElement} input */
const numberIn = (input) => (input.value === '' ? null : Number(input.value));

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
