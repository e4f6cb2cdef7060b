// A live session: a WebSocket on which a model reads piece by piece. The server keeps its state.
import { key, Problem, request } from './api.js';
import { counted, h } from './dom.js';

/**
 * Frames leave in the order they were made, also those made while the socket still opens; answers come in the same order.
 * @param {{ model: { name: string, digest: string }, onAnswer: (answer: any, input: unknown) => void, onReset: () => void, complain: (error: unknown) => void }} options
 */
export function liveSession({ model, onAnswer, onReset, complain }) {
  const path = `/v1/sessions/${newId()}?model=${model.name}@${model.digest}`;
  const status = h('p', { class: 'quiet', role: 'status' }, 'Not connected yet: the first piece connects.');
  /** @typedef {{ frame: object, input?: unknown, sent?: number }} Pending */
  /** @type {{ connection: WebSocket, isReady: boolean } | undefined} */
  let socket;
  /** @type {Pending[]} */
  let unsent = [];
  /** @type {Pending[]} */
  let unanswered = [];

  function connect() {
    const secret = key();
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const own = {
      connection: new WebSocket(url, ['unroll.v1', ...(secret === undefined ? [] : [`unroll.key.${secret}`])]),
      isReady: false,
    };
    own.connection.addEventListener('message', ({ data }) => receive(own, JSON.parse(data)));
    own.connection.addEventListener('close', () => closed(own));
    socket = own;
  }

  /** @param {NonNullable<typeof socket>} own @param {any} answer */
  function receive(own, answer) {
    if (answer.model) {
      own.isReady = true;
      status.textContent = `Connected. The session has read ${counted(answer.steps, 'step')}.`;
      return flush();
    }
    const asked = unanswered.shift();
    if (answer.problem) return complain(new Problem({ status: 422, ...answer.problem }));
    if (answer.reset) {
      status.textContent = 'Started over.';
      return onReset();
    }
    const took = asked?.sent === undefined ? '' : `; the last answer took ${Math.round(performance.now() - asked.sent)} ms`;
    status.textContent = `The session has read ${counted(answer.steps, 'step')}${took}.`;
    onAnswer(answer, asked?.input);
  }

  function flush() {
    for (const pending of unsent) {
      socket?.connection.send(JSON.stringify(pending.frame));
      unanswered.push({ ...pending, sent: performance.now() });
    }
    unsent = [];
  }

  /** @param {NonNullable<typeof socket>} own */
  async function closed(own) {
    if (socket === own) socket = undefined;
    const lost = own.isReady ? unanswered.length : unsent.length;
    unanswered = [];
    if (!own.isReady) unsent = [];
    status.textContent = own.isReady
      ? 'The connection is closed. The server keeps the state; the next piece connects again.'
      : 'Not connected.';
    if (lost === 0) return;
    const pieces = counted(lost, 'piece');
    if (own.isReady)
      complain(new Error(`The connection closed before ${pieces} got an answer. Connect again to see how many steps were read.`));
    else complain((await reasonOfRefusal(path)) ?? new Error(`The session cannot be opened; ${pieces} not sent.`));
  }

  /** @param {object} frame @param {unknown} [input] */
  function send(frame, input) {
    unsent.push({ frame, input });
    if (!socket) connect();
    else if (socket.isReady) flush();
  }

  return {
    status,
    /** @param {unknown} input @param {{ everyStep?: boolean }} [options] */
    push: (input, { everyStep = false } = {}) => send({ input, ...(everyStep && { everyStep }) }, input),
    reset: () => send({ reset: true }),
    disconnect: () => socket?.connection.close(),
  };
}

/** A browser does not say why it could not open a WebSocket: an ordinary request to the same path does. @param {string} path */
async function reasonOfRefusal(path) {
  const error = await request(path).catch((/** @type {unknown} */ caught) => caught);
  const isWanted = error instanceof Problem && error.status !== 426;
  return isWanted ? error : undefined;
}

/** A session id. crypto.randomUUID exists only over HTTPS and on localhost. */
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * A section that opens on demand.
 * @param {{ title: string, about: string, status: HTMLElement }} session @param {...Node} children
 */
export const liveSection = ({ title, about, status }, ...children) =>
  h('details', { class: 'live' }, h('summary', {}, title), h('p', { class: 'quiet' }, about), ...children, status);
