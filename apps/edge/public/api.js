// Asks the API of this deployment, with the key that the visitor gave, if one is wanted.

const KEY = 'unroll-key';
export const key = () => sessionStorage.getItem(KEY) ?? undefined;

/** @type {(timing: { roundTrip: number, compute: number }) => void} */
let told = () => {};
/** Says who hears how long answers took. @param {typeof told} listener */
export function onAnswer(listener) {
  told = listener;
}

/** @type {HTMLFormElement | undefined} */
let keyForm;
/** @param {HTMLFormElement} form @param {HTMLInputElement} field @param {() => void} retry */
export function connectKey(form, field, retry) {
  keyForm = form;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, field.value.trim());
    retry();
  });
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
export async function request(path, init = {}) {
  const secret = key();
  const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  const response = await fetch(path, { ...init, headers: { ...init.headers, ...authorization } });
  if (response.ok) return response;
  if (response.status === 401 && keyForm) keyForm.hidden = false;
  const { title, detail, errors = [] } = await response.json();
  throw new Error([`${title}: ${detail}`, ...errors.map((/** @type {any} */ e) => `${e.path}: ${e.message}`)].join(' '));
}

/** A JSON answer. @param {string} path @param {unknown} [body] @returns {Promise<any>} */
export async function ask(path, body) {
  const started = performance.now();
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await (await request(path, body === undefined ? {} : post)).json();
  if (body !== undefined) told({ roundTrip: performance.now() - started, compute: answer.timing?.milliseconds ?? 0 });
  return answer;
}
