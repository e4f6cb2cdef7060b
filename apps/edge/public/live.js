// A live session: a model reads piece by piece, and the server keeps its state.
import { Problem, request } from './api.js';
import { counted, h } from './dom.js';
import { orderedSocket } from './ordered-socket.js';

/**
 * @param {{ model: { name: string, digest: string }, onAnswer: (answer: any, input: unknown) => void, onReset: () => void, complain: (error: unknown) => void }} options
 */
export function liveSession({ model, onAnswer, onReset, complain }) {
  const path = `/v1/sessions/${newId()}?model=${model.name}@${model.digest}`;
  const status = h('p', { class: 'quiet', role: 'status' }, 'Not connected yet: the first piece connects.');
  const socket = orderedSocket(path, {
    onGreeting({ steps }) {
      status.textContent = `Connected. The session has read ${counted(steps, 'step')}.`;
    },
    onAnswer(answer, asked) {
      if (answer.problem) return complain(new Problem({ status: 422, ...answer.problem }));
      if (answer.reset) {
        status.textContent = 'Started over.';
        return onReset();
      }
      const took = asked ? `; the last answer took ${Math.round(performance.now() - asked.sent)} ms` : '';
      status.textContent = `The session has read ${counted(answer.steps, 'step')}${took}.`;
      onAnswer(answer, asked?.input);
    },
    async onClose({ wasOpen, lost }) {
      const kept = 'The connection is closed. The server keeps the state; the next piece connects again.';
      status.textContent = wasOpen ? kept : 'Not connected.';
      if (lost > 0) complain(await reasonOfLoss({ path, wasOpen, lost }));
    },
  });
  return {
    status,
    /** @param {unknown} input @param {{ everyStep?: boolean }} [options] */
    push: (input, { everyStep = false } = {}) => socket.send({ input, ...(everyStep && { everyStep }) }, input),
    reset: () => socket.send({ reset: true }),
    disconnect: socket.close,
  };
}

/**
 * The reason why pieces got no answer. A browser does not report why a WebSocket could not be opened, so an ordinary request to the same
 * path asks for the reason.
 * @param {{ path: string, wasOpen: boolean, lost: number }} end
 */
async function reasonOfLoss({ path, wasOpen, lost }) {
  const pieces = counted(lost, 'piece');
  if (wasOpen) return new Error(`The connection closed before ${pieces} got an answer. Connect again to see how many steps were read.`);
  const error = await request(path).catch((/** @type {unknown} */ caught) => caught);
  const isReason = error instanceof Problem && error.status !== 426;
  return isReason ? error : new Error(`The session cannot be opened; ${pieces} not sent.`);
}

/** A session id. crypto.randomUUID exists only over HTTPS and on localhost. */
const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');

/**
 * A section that opens on demand.
 * @param {{ title: string, about: string, status: HTMLElement }} session @param {...Node} children
 */
export const liveSection = ({ title, about, status }, ...children) =>
  h('details', { class: 'live' }, h('summary', {}, title), h('p', { class: 'quiet' }, about), ...children, status);
