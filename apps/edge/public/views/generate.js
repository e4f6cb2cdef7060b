// Text that goes on from a prompt, streamed token by token.
import { request } from '../api.js';
import { h } from '../dom.js';

/** @param {import('../playground.js').Stage} stage */
export function mount({ root, model, complain, settle }) {
  const prompt = h('textarea', { id: 'prompt', rows: 2, maxlength: 2000 });
  prompt.value = 'Call me Ishmael. ';
  const temperature = h('input', { id: 'temperature', type: 'range', min: 0, max: 1.5, step: 0.05, value: 0.6 });
  const shown = h('output', { for: 'temperature' }, '0.60');
  temperature.addEventListener('input', () => (shown.textContent = Number(temperature.value).toFixed(2)));
  const length = h('input', { id: 'length', type: 'number', min: 1, max: 4000, value: 300 });
  const seed = h('input', { id: 'seed', type: 'number', min: 0, value: 1 });
  const button = h('button', { id: 'write' }, 'Write');
  const given = h('span', { class: 'quiet' });
  const written = h('span', { id: 'written' });
  const pace = h('p', { id: 'pace', class: 'quiet', role: 'status' });
  /** @type {AbortController | undefined} */
  let writing;

  async function write() {
    settle();
    given.textContent = prompt.value;
    written.textContent = '';
    button.textContent = 'Stop';
    writing = new AbortController();
    const started = performance.now();
    let pieces = 0;
    try {
      const body = {
        prompt: prompt.value,
        maxTokens: Number(length.value),
        temperature: Number(temperature.value),
        seed: Number(seed.value),
      };
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body), signal: writing.signal };
      const response = await request(`/v1/models/${model.name}/generate`, init);
      for await (const { event, data } of eventsOf(response)) {
        if (event === 'token') {
          written.append(data.text);
          pieces++;
          pace.textContent = `${pieces} tokens, ${Math.round((pieces / (performance.now() - started)) * 1000)} a second`;
        } else if (event === 'problem') throw new Error(`${data.title}: ${data.detail}`);
      }
    } catch (error) {
      if (!(error instanceof DOMException && error.name === 'AbortError')) complain(error);
    } finally {
      writing = undefined;
      button.textContent = 'Write';
    }
  }

  const form = h(
    'form',
    {
      onsubmit: (/** @type {Event} */ event) => {
        event.preventDefault();
        if (writing) writing.abort();
        else write();
      },
    },
    h('label', { for: 'prompt' }, 'How it begins'),
    prompt,
    h(
      'div',
      { class: 'fields' },
      h('div', {}, h('label', { for: 'temperature' }, 'Temperature ', shown), temperature),
      h('div', {}, h('label', { for: 'length' }, 'Tokens'), length),
      h('div', {}, h('label', { for: 'seed' }, 'Seed'), seed),
      button,
    ),
  );
  root.replaceChildren(form, h('section', { 'aria-label': 'The text' }, h('p', { class: 'prose' }, given, written), pace));
  write();
  return () => writing?.abort();
}

/** Server-sent events of one line of JSON each. @param {Response} response @returns {AsyncGenerator<{ event: string, data: any }>} */
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
