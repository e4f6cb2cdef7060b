// A live session: a WebSocket on which a model reads piece by piece, its state kept by the server.
import { key } from './api.js';
import { h } from './dom.js';

/**
 * @param {{ model: { name: string, digest: string }, onAnswer: (answer: any, input: unknown) => void, onReset: () => void, complain: (error: unknown) => void }} options
 */
export function liveSession({ model, onAnswer, onReset, complain }) {
  const id = crypto.randomUUID();
  const url = new URL(`/v1/sessions/${id}?model=${model.name}@${model.digest}`, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const status = h('p', { class: 'quiet', role: 'status' }, 'Not connected yet: push the first piece.');
  /** @type {WebSocket | undefined} */
  let socket;
  /** @type {{ input: unknown, sent: number }[]} */
  const waiting = [];

  const opened = () =>
    new Promise((resolve, reject) => {
      const secret = key();
      const opening = new WebSocket(url, ['unroll.v1', ...(secret === undefined ? [] : [`unroll.key.${secret}`])]);
      opening.addEventListener('message', ({ data }) => {
        const answer = JSON.parse(data);
        if (answer.model) {
          status.textContent = `Connected. The session has read ${answer.steps} steps.`;
          return resolve(opening);
        }
        const asked = waiting.shift();
        if (answer.problem) {
          const { title, detail, errors = [] } = answer.problem;
          return complain(new Error([`${title}: ${detail}`, ...errors.map((/** @type {any} */ e) => `${e.path}: ${e.message}`)].join(' ')));
        }
        if (answer.reset) {
          status.textContent = 'Begun anew.';
          return onReset();
        }
        const took = asked ? `; the last answer took ${Math.round(performance.now() - asked.sent)} ms` : '';
        status.textContent = `The session has read ${answer.steps} steps${took}.`;
        onAnswer(answer, asked?.input);
      });
      opening.addEventListener('error', () => reject(new Error('The session could not be opened.')));
      opening.addEventListener('close', () => {
        socket = undefined;
        status.textContent = 'The connection is closed; the state is kept. The next piece connects again.';
      });
    });

  /** @param {object} frame @param {unknown} input */
  async function send(frame, input) {
    try {
      socket ??= /** @type {WebSocket} */ (await opened());
      waiting.push({ input, sent: performance.now() });
      socket.send(JSON.stringify(frame));
    } catch (error) {
      complain(error);
    }
  }

  return {
    status,
    /** @param {unknown} input */
    push: (input) => send({ input }, input),
    reset: () => send({ reset: true }, undefined),
    disconnect: () => socket?.close(),
  };
}
