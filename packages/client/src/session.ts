import type { Prediction } from '@unroll/api/predict.ts';
import type { SessionAnswer, SessionRequest } from '@unroll/api/session.ts';
import { ProblemError } from './problem-error.ts';

export interface SessionOptions {
  /** The deployment's address. */
  url: string;
  key?: string;
  /** name, name@alias or name@digest */
  model: string;
  /** What to do if the session began with another version: refuse (the default), or start over. */
  onVersionChange?: 'refuse' | 'reset';
  WebSocket?: typeof globalThis.WebSocket;
}

type Input = Extract<SessionRequest, { input: unknown }>['input'];
type Hello = Extract<SessionAnswer, { model: unknown }>;
type Pushed = { prediction: Prediction; steps: number };

/** A model that reads input piece by piece. The server keeps its state under the session's id, also after close(). */
export interface Session {
  /** The model's version. */
  readonly model: Hello['model'];
  /** The number of steps that the session had read when this connection opened. */
  readonly steps: number;
  /**
   * Sends the next piece of input and resolves to the model's answer after it. You may push pieces without waiting; they are read in order.
   * @throws ProblemError if the server refuses the piece.
   */
  push(input: Input, options?: { everyStep?: boolean }): Promise<Pushed>;
  /** Resets the session to its start. @throws ProblemError */
  reset(): Promise<void>;
  close(): void;
}

const PROTOCOL = 'unroll.v1';
const KEY_PROTOCOL = 'unroll.key.';

/**
 * Opens a session. Every push settles: a refused push rejects with the problem, and all pending pushes reject when the connection closes.
 * Open the session again to see in `steps` how much was read.
 * @throws ProblemError if the server refuses the connection.
 */
export async function openSession(
  id: string,
  { url, key, model, onVersionChange, WebSocket = globalThis.WebSocket }: SessionOptions,
): Promise<Session> {
  const address = new URL(`/v1/sessions/${encodeURIComponent(id)}`, url);
  address.protocol = address.protocol.replace('http', 'ws');
  address.searchParams.set('model', model);
  if (onVersionChange) address.searchParams.set('onVersionChange', onVersionChange);
  // Browsers cannot send headers with a WebSocket, but can name protocols.
  const { hello, ask, close } = converse(new WebSocket(address.href, [PROTOCOL, ...(key === undefined ? [] : [KEY_PROTOCOL + key])]));
  const { model: version, steps } = await hello;
  return {
    model: version,
    steps,
    push: async (input, { everyStep = false } = {}) => {
      const { prediction, steps } = (await ask({ input, everyStep })) as Pushed;
      return { prediction, steps };
    },
    async reset() {
      await ask({ reset: true });
    },
    close,
  };
}

interface Conversation {
  /** The server's greeting. */
  hello: Promise<Hello>;
  /** Sends a frame and resolves to its answer. Always settles. */
  ask(request: SessionRequest): Promise<SessionAnswer>;
  close(): void;
}

/** Frames and their answers over a socket. */
function converse(socket: WebSocket): Conversation {
  const hello = Promise.withResolvers<Hello>();
  /** Frames without an answer yet, the oldest first: the server answers in this order. */
  const waiting = new Map<number, PromiseWithResolvers<SessionAnswer>>();
  let closed: ProblemError | undefined;
  let sent = 0;

  function settleAll(detail: string): void {
    closed ??= new ProblemError({ type: 'about:blank', title: 'Session Closed', detail });
    hello.reject(closed);
    for (const { reject } of waiting.values()) reject(closed);
    waiting.clear();
  }

  socket.addEventListener('message', ({ data }) => {
    const answer = parsed(data);
    if (!answer) {
      settleAll('the server sent a frame that is no answer of a session');
      socket.close();
      return;
    }
    if ('model' in answer) return hello.resolve(answer);
    // A server that could not read a frame's id answers without one.
    const [oldest] = waiting.keys();
    const { id = oldest ?? -1 } = answer;
    const asked = waiting.get(id);
    waiting.delete(id);
    if ('problem' in answer) asked?.reject(new ProblemError(answer.problem));
    else asked?.resolve(answer);
  });
  socket.addEventListener('close', ({ code, reason }) => settleAll(reason || `the connection was closed with code ${code}`));
  socket.addEventListener('error', () => settleAll('the connection was refused or broke off; a plain GET of the address tells why'));

  async function ask(request: SessionRequest): Promise<SessionAnswer> {
    if (closed) throw closed;
    const id = sent++;
    socket.send(JSON.stringify({ ...request, id }));
    const asked = Promise.withResolvers<SessionAnswer>();
    waiting.set(id, asked);
    return asked.promise;
  }

  return {
    hello: hello.promise,
    ask,
    close() {
      settleAll('close() was called');
      socket.close(1000);
    },
  };
}

function parsed(data: unknown): SessionAnswer | undefined {
  try {
    const answer: unknown = JSON.parse(String(data));
    return typeof answer === 'object' && answer !== null ? (answer as SessionAnswer) : undefined;
  } catch {
    return undefined;
  }
}
