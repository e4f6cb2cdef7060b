// A table that can be typed, pasted, dropped or uploaded.
import { h } from '../dom.js';
import { labelled } from '../field.js';

/** Largest file that is read: some 100,000 rows. */
const MAX_BYTES = 5_000_000;

/**
 * @param {{ label: string, hint: string, text: string, onChange: () => void }} options
 * @returns {import('../field.js').Field & { text: () => string }}
 */
export function tableField({ label, hint, text, onChange }) {
  const area = h('textarea', { id: 'table', rows: 6, spellcheck: 'false', class: 'numbers', 'aria-describedby': 'table-hint' });
  area.value = text;
  area.addEventListener('input', onChange);

  const file = h('input', { id: 'file', type: 'file', class: 'hidden-input', accept: '.csv,.tsv,.txt,text/csv,text/plain' });
  file.addEventListener('change', () => {
    take(file.files?.[0]);
    // So that choosing the same file again is a change.
    file.value = '';
  });
  const restore = h('button', { type: 'button', onclick: () => put(text), hidden: true }, 'Back to the example');
  const name = h('span', { class: 'quiet', role: 'status' });
  const tools = h('div', { class: 'tools' }, h('label', { class: 'button', for: 'file' }, file, 'Upload a CSV file'), restore, name);
  const own = labelled(label, area, tools, h('p', { id: 'table-hint', class: 'quiet' }, hint));

  /** @param {string} content @param {string} [from] */
  function put(content, from = '') {
    area.value = content;
    name.textContent = from;
    restore.hidden = from === '';
    onChange();
  }

  /** @param {File | undefined} chosen */
  async function take(chosen) {
    if (!chosen) return;
    if (chosen.size > MAX_BYTES) {
      const size = `${(chosen.size / 1e6).toFixed(1)} MB`;
      return own.fail(`${chosen.name} has ${size}; ${MAX_BYTES / 1e6} MB at most are read here. The model needs only the latest rows.`);
    }
    put(decoded(await chosen.arrayBuffer()), chosen.name);
  }

  for (const type of ['dragover', 'drop']) area.addEventListener(type, (event) => event.preventDefault());
  area.addEventListener('drop', ({ dataTransfer }) => take(dataTransfer?.files[0]));
  return { ...own, text: () => area.value };
}

/** UTF-16 is recognized by its byte order mark. Anything that is not valid UTF-8 is read as Windows-1252. @param {ArrayBuffer} bytes */
function decoded(bytes) {
  const [first, second] = new Uint8Array(bytes, 0, Math.min(2, bytes.byteLength));
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(bytes);
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('windows-1252').decode(bytes);
  }
}
