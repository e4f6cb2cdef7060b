// The WebSocket of a live session. Frames are sent in the order they were made, also those made while the socket opens.
import { key } from './api.js';

/** @typedef {{ frame: object, input?: unknown, sent: number }} Asked a frame, the input typed for it, and when it was sent */

/**
 * Answers come in the order of their frames; the greeting comes before all of them.
 * @param {string} path
 * @param {{
 *   onGreeting: (greeting: any) => void, onAnswer: (answer: any, asked: Asked | undefined) => void,
 *   onClose: (end: { wasOpen: boolean, lost: number }) => void,
 * }} listeners `lost` counts the frames without an answer, or, if the socket never opened, those not sent
 */
export function orderedSocket(path, { onGreeting, onAnswer, onClose }) {
  /** @type {{ connection: WebSocket, isOpen: boolean } | undefined} */
  let socket;
  /** @type {Asked[]} */
  let unsent = [];
  /** @type {Asked[]} */
  let unanswered = [];

  function connect() {
    const secret = key();
    const url = new URL(path, location.href);
    url.protocol = url.protocol.replace('http', 'ws');
    const protocols = ['unroll.v1', ...(secret === undefined ? [] : [`unroll.key.${secret}`])];
    const own = { connection: new WebSocket(url, protocols), isOpen: false };
    own.connection.addEventListener('message', ({ data }) => receive(own, JSON.parse(data)));
    own.connection.addEventListener('close', () => closed(own));
    socket = own;
  }

  /** @param {NonNullable<typeof socket>} own @param {any} answer */
  function receive(own, answer) {
    if (own.isOpen) return onAnswer(answer, unanswered.shift());
    own.isOpen = true;
    onGreeting(answer);
    flush();
  }

  function flush() {
    for (const asked of unsent) {
      socket?.connection.send(JSON.stringify(asked.frame));
      unanswered.push({ ...asked, sent: performance.now() });
    }
    unsent = [];
  }

  /** @param {NonNullable<typeof socket>} own */
  function closed({ connection, isOpen }) {
    if (socket?.connection === connection) socket = undefined;
    const lost = isOpen ? unanswered.length : unsent.length;
    unanswered = [];
    if (!isOpen) unsent = [];
    onClose({ wasOpen: isOpen, lost });
  }

  return {
    /** @param {object} frame @param {unknown} [input] */
    send(frame, input) {
      unsent.push({ frame, input, sent: performance.now() });
      if (!socket) connect();
      else if (socket.isOpen) flush();
    },
    close: () => socket?.connection.close(),
  };
}
