// The page: asks the API for the answer after every word and draws it.

/** @typedef {{ labels: string[], probabilities: Record<string, number> }} Answer */
/** @typedef {Answer & { steps: (Answer & { token: string })[] }} Prediction */
/** @typedef {{ name: string, digest: string, labels: string[], metrics: Record<string, number>, everyStep: boolean, weights: { parameters: number, bytes: number, dtype: string } }} Model */

const DEBOUNCE_MS = 120;

/** @template {Element} T @param {string} id @param {new () => T} type @returns {T} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new Error(`#${id} is missing`);
  return found;
}

const text = element('text', HTMLTextAreaElement);
const verdict = element('verdict', HTMLOutputElement);
const words = element('words', HTMLParagraphElement);
const curve = element('curve', SVGSVGElement);
const problem = element('problem', HTMLParagraphElement);
const about = element('about', HTMLParagraphElement);

/** @param {string} path @param {RequestInit} [init] @returns {Promise<any>} */
async function ask(path, init) {
  const response = await fetch(path, init);
  const body = await response.json();
  if (!response.ok) throw new Error(`${body.title}: ${body.detail}`);
  return body;
}

/** Pieces of the text, each ending with one of the model's tokens, so that what a person typed is shown as typed. */
function piecesOf(/** @type {string} */ typed, /** @type {string[]} */ tokens) {
  const lower = typed.toLowerCase();
  let at = 0;
  const pieces = tokens.map((token) => {
    const found = lower.indexOf(token, at);
    const end = found < 0 ? at : found + token.length;
    const piece = typed.slice(at, end);
    at = end;
    return piece;
  });
  return { pieces, rest: typed.slice(at) };
}

/** @param {Model} model @param {string} typed @param {Prediction} prediction */
function show(model, typed, { steps, labels, probabilities }) {
  const positive = model.labels[1] ?? '';
  const shares = steps.map((step) => step.probabilities[positive] ?? 0);
  const { pieces, rest } = piecesOf(
    typed,
    steps.map(({ token }) => token),
  );

  const spans = pieces.flatMap((piece, i) => {
    const share = shares[i] ?? 0.5;
    // Leading blanks and punctuation stay outside the colour.
    const word = piece.match(/[\p{L}\p{N}'’]+$/u)?.[0] ?? piece;
    const span = document.createElement('span');
    span.textContent = word;
    span.title = `${Math.round(share * 100)} % ${positive} so far`;
    const strength = Math.round(Math.abs(share - 0.5) * 120);
    span.style.background = `color-mix(in srgb, var(--${share > 0.5 ? 'positive' : 'negative'}) ${strength}%, transparent)`;
    return [document.createTextNode(piece.slice(0, piece.length - word.length)), span];
  });
  words.replaceChildren(...spans, rest);

  drawCurve(shares);
  const [label = ''] = labels;
  verdict.textContent = steps.length ? `${label}, ${Math.round((probabilities[label] ?? 0) * 100)} %` : 'Type something.';
  verdict.className = steps.length ? (label === positive ? 'positive' : 'negative') : '';
}

/** @param {number[]} shares */
function drawCurve(shares) {
  const width = Math.max(shares.length - 1, 1);
  curve.setAttribute('viewBox', `0 0 ${width} 1`);
  const line = (/** @type {string} */ name, /** @type {string} */ d) => {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('class', name);
    path.setAttribute('d', d);
    return path;
  };
  const points = shares.map((share, i) => `${i},${(1 - share).toFixed(4)}`);
  if (points.length === 1) points.push(`1,${points[0]?.split(',')[1]}`);
  curve.replaceChildren(line('middle', `M0,0.5H${width}`), ...(points.length ? [line('line', `M${points.join('L')}`)] : []));
}

/** @param {unknown} error */
function complain(error) {
  problem.hidden = false;
  problem.textContent = error instanceof Error ? error.message : String(error);
}

/** @returns {Promise<Model>} */
async function firstModel() {
  const { models } = await ask('/v1/models');
  if (models.length === 0) throw new Error('No model is published yet. Train one: npm start');
  for (const { name } of models) {
    const model = await ask(`/v1/models/${name}`);
    if (model.everyStep && model.labels.length === 2) return model;
  }
  throw new Error('None of the published models can answer after every word.');
}

/** @param {Model} model */
function start(model) {
  element('low', HTMLParagraphElement).textContent = model.labels[0] ?? '';
  element('high', HTMLParagraphElement).textContent = model.labels[1] ?? '';
  const { accuracy } = model.metrics;
  const score = accuracy === undefined ? '' : `${(accuracy * 100).toFixed(1)} % accurate on held-out text, `;
  const size = `${model.weights.parameters.toLocaleString('en')} ${model.weights.dtype} weights in ${Math.round(model.weights.bytes / 1024)} KB`;
  about.textContent = `Model ${model.name}, ${score}${size}, sha256 ${model.digest.slice(0, 12)}`;

  let latest = 0;
  const answer = async () => {
    const turn = ++latest;
    const typed = text.value;
    try {
      const { predictions } = await ask(`/v1/models/${model.name}/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: [typed], everyStep: true }),
      });
      // An answer that an edit has overtaken is not shown.
      if (turn !== latest) return;
      problem.hidden = true;
      show(model, typed, predictions[0]);
    } catch (error) {
      if (turn === latest) complain(error);
    }
  };

  let timer = 0;
  text.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(answer, DEBOUNCE_MS);
  });
  for (const button of document.querySelectorAll('.examples button')) {
    button.addEventListener('click', () => {
      text.value = button.textContent ?? '';
      answer();
    });
  }
  element('form', HTMLFormElement).addEventListener('submit', (event) => event.preventDefault());
  return answer();
}

firstModel().then(start).catch(complain);
