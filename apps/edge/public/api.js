// Requests to this deployment's API, with the visitor's key where one is needed.

const KEY = 'unroll-key';
export const key = () => sessionStorage.getItem(KEY) ?? undefined;
/** @param {string} secret */
export const keepKey = (secret) => sessionStorage.setItem(KEY, secret);

/** @typedef {{ path: string, message: string }} FieldError */

/** An error answer of the API: problem details (RFC 9457). */
export class Problem extends Error {
  /** @param {{ status: number, title: string, detail: string, errors?: FieldError[] }} problem */
  constructor({ status, title, detail, errors = [] }) {
    super([`${title}: ${detail}`, ...errors.map(({ path, message }) => `${path}: ${message}`)].join(' '));
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.errors = errors;
  }
}

/** @type {(timing: { roundTrip: number, compute: number }) => void} */
let report = () => {};
/** Reports how long each prediction took. @param {typeof report} listener */
export function onTiming(listener) {
  report = listener;
}

/** @type {(problem: Problem) => void} */
let refuse = () => {};
/** Reports that the API needs a key, or refused the one it got. @param {typeof refuse} listener */
export function onKeyWanted(listener) {
  refuse = listener;
}

/** @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} @throws {Problem} */
export async function request(path, init = {}) {
  const secret = key();
  const authorization = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
  const response = await fetch(path, { ...init, headers: { ...init.headers, ...authorization } }).catch((error) => {
    throw error.name === 'AbortError' ? error : new Problem({ status: 0, title: 'No answer', detail: 'The server cannot be reached.' });
  });
  if (response.ok) return response;
  const title = `The server answered ${response.status}`;
  const problem = new Problem(await response.json().catch(() => ({ status: response.status, title, detail: response.statusText })));
  if (response.status === 401) refuse(problem);
  throw problem;
}

/** A JSON answer. @param {string} path @param {unknown} [body] @returns {Promise<any>} @throws {Problem} */
export async function ask(path, body) {
  const started = performance.now();
  const answer = await (await request(path, body === undefined ? {} : post(body))).json();
  if (body !== undefined) report({ roundTrip: performance.now() - started, compute: answer.timing?.milliseconds ?? 0 });
  return answer;
}

/** @param {unknown} body @returns {RequestInit} */
export const post = (body) => ({ method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
