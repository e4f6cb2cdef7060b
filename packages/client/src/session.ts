import type { Prediction } from '@unroll/api/predict.ts';
import type { SessionAnswer, SessionRequest } from '@unroll/api/session.ts';
import { ProblemError } from './problem-error.ts';

export interface SessionOptions {
  /** Of the deployment. */
  url: string;
  key?: string;
  /** name, name@alias or name@digest */
  model: string;
  /** What to do if the session was begun with another version: refuse (the default), or begin anew. */
  onVersionChange?: 'refuse' | 'reset';
  WebSocket?: typeof globalThis.WebSocket;
}

type Input = Extract<SessionRequest, { input: unknown }>['input'];
type Hello = Extract<SessionAnswer, { model: unknown }>;
type Pushed = { prediction: Prediction; steps: number };

/** A model that reads input piece by piece. Its state is kept by the server under the session's id, also when this is closed. */
export interface Session {
  /** The version that answers. */
  readonly model: Hello['model'];
  /** What the session had read when this connection was opened. */
  readonly steps: number;
  /** The next piece of input, and what the model says after it. Pieces may be pushed without waiting: they are read in turn. */
  push(input: Input, options?: { everyStep?: boolean }): Promise<Pushed>;
  /** Forgets all that was read. */
  reset(): Promise<void>;
  close(): void;
}

const PROTOCOL = 'unroll.v1';
const KEY_PROTOCOL = 'unroll.key.';

/**
 * Opens a session. A push that is under way when the connection breaks is rejected: open again, and `steps` tells whether it was read.
 * @throws ProblemError if the server refuses what it is sent, or the connection.
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
  const socket = new WebSocket(address.href, [PROTOCOL, ...(key === undefined ? [] : [KEY_PROTOCOL + key])]);

  const hello = Promise.withResolvers<Hello>();
  const waiting = new Map<number, PromiseWithResolvers<SessionAnswer>>();
  let broken: ProblemError | undefined;
  let sent = 0;

  socket.addEventListener('message', ({ data }) => {
    const answer = JSON.parse(String(data)) as SessionAnswer;
    if ('model' in answer) return hello.resolve(answer);
    const { id = -1 } = answer;
    const asked = waiting.get(id);
    waiting.delete(id);
    if ('problem' in answer) asked?.reject(new ProblemError(answer.problem));
    else asked?.resolve(answer);
  });
  const breakOff = (detail: string) => {
    broken ??= new ProblemError({ type: 'about:blank', title: 'Session Closed', detail });
    hello.reject(broken);
    for (const { reject } of waiting.values()) reject(broken);
    waiting.clear();
  };
  socket.addEventListener('close', ({ code, reason }) => breakOff(reason || `the connection was closed with code ${code}`));
  socket.addEventListener('error', () => breakOff('the connection was refused or broke off; a plain GET of the address tells why'));

  function ask(request: SessionRequest): Promise<SessionAnswer> {
    if (broken) return Promise.reject(broken);
    const id = sent++;
    const asked = Promise.withResolvers<SessionAnswer>();
    waiting.set(id, asked);
    socket.send(JSON.stringify({ ...request, id }));
    return asked.promise;
  }

  const { model: version, steps } = await hello.promise;
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
    close: () => socket.close(1000),
  };
}
