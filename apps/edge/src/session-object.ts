import { DurableObject } from 'cloudflare:workers';
import { problems, problemType } from '@unroll/api/problems.ts';
import { inputFrame, MAX_FRAME_BYTES, resetFrame, SESSION_PROTOCOL, type SessionAnswer } from '@unroll/api/session.ts';
import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Bindings } from './http/bindings.ts';
import { parseJson } from './http/body.ts';
import { asProblem, ProblemError, parseOrRefuse, problemResponse } from './http/problem.ts';
import { limitRate } from './http/rate-limits.ts';
import { settingsOf } from './http/settings.ts';
import { type Services, withinBudget } from './services.ts';

/** A stored session: everything that another isolate needs to resume it. */
interface Kept {
  name: string;
  digest: string;
  /** Undefined before the first input. */
  state?: Float32Array;
  /** Steps read so far. */
  steps: number;
  lastUsed: number;
}

const LIFETIME_MS = 24 * 60 * 60 * 1000;

/** A session as a Durable Object. Its WebSockets may hibernate. A frame is answered only after its new state is stored. */
export function createSessionClass(services: Services) {
  return class Session extends DurableObject<Bindings> {
    #kept: Kept | undefined;
    /** Frames run one after the other, because each reads the state that the previous one wrote. */
    #turn: Promise<unknown> = Promise.resolve();

    constructor(ctx: DurableObjectState, env: Bindings) {
      super(ctx, env);
      ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair('ping', 'pong'));
      ctx.blockConcurrencyWhile(async () => {
        this.#kept = await ctx.storage.get<Kept>('session');
      });
    }

    /** Accepts a WebSocket that routes/session.ts has checked. */
    override async fetch(request: Request): Promise<Response> {
      const requestId = request.headers.get('x-request-id') ?? '';
      const [name = '', digest = ''] = (request.headers.get('x-unroll-model') ?? '').split('@');
      const changed = this.#kept && (this.#kept.digest !== digest || this.#kept.name !== name);
      if (changed && request.headers.get('x-unroll-on-version-change') !== 'reset') {
        const detail =
          'The session began with another version of the model. Name that version by its digest, or send onVersionChange=reset to begin again.';
        return problemResponse(new ProblemError('session-of-another-version', detail), requestId);
      }
      if (!this.#kept || changed) await this.#keep({ name, digest, steps: 0, lastUsed: Date.now() });
      const { 0: client, 1: server } = new WebSocketPair();
      this.ctx.acceptWebSocket(server);
      send(server, { model: { name, digest }, steps: this.#kept?.steps ?? 0 });
      const named = request.headers
        .get('sec-websocket-protocol')
        ?.split(',')
        .some((protocol) => protocol.trim() === SESSION_PROTOCOL);
      return new Response(null, {
        status: 101,
        webSocket: client,
        ...(named && { headers: { 'sec-websocket-protocol': SESSION_PROTOCOL } }),
      });
    }

    override async webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): Promise<void> {
      if (typeof frame !== 'string' || frame.length > MAX_FRAME_BYTES) {
        socket.close(typeof frame === 'string' ? 1009 : 1003, `Send text frames of JSON, ${MAX_FRAME_BYTES} characters at most.`);
        return;
      }
      const turn = this.#turn.then(() => this.#answer(frame));
      this.#turn = turn.catch(() => undefined);
      send(socket, await turn);
    }

    override webSocketClose(socket: WebSocket, code: number): void {
      // 1005 and 1006 mean that no code was sent. They must not be sent themselves.
      socket.close(code === 1005 || code === 1006 ? 1000 : code);
    }

    /** Deletes a session that was not used for a day. */
    override async alarm(): Promise<void> {
      const idle = Date.now() - (this.#kept?.lastUsed ?? 0);
      if (idle < LIFETIME_MS) {
        await this.ctx.storage.setAlarm(Date.now() + LIFETIME_MS - idle);
        return;
      }
      for (const socket of this.ctx.getWebSockets()) socket.close(1001, 'The session was idle for a day.');
      this.#kept = undefined;
      await this.ctx.storage.deleteAll();
    }

    async #answer(frame: string): Promise<SessionAnswer> {
      const { id, request } = openFrame(frame);
      const echo = id === undefined ? {} : { id };
      try {
        services.telemetry.count('session_frames');
        await limitRate(this.env, { session: this.ctx.id.toString() });
        const asked = request();
        const kept = this.#kept;
        if (!kept) throw new ProblemError('not-found', 'The session is over. Connect again.');
        if ('reset' in asked) {
          const { state: _, ...begun } = kept;
          await this.#keep({ ...begun, steps: 0, lastUsed: Date.now() });
          return { reset: true, steps: 0, ...echo };
        }
        const { prediction, steps, state } = await this.#predict(kept, asked);
        await this.#keep({ ...kept, state, steps: kept.steps + steps, lastUsed: Date.now() });
        return { prediction, steps: kept.steps + steps, ...echo };
      } catch (error) {
        const { problem, message, errors } = asProblem(error);
        if (problem === 'failed')
          console.error(JSON.stringify({ route: 'session', error: (error as Error).message, stack: (error as Error).stack }));
        const about = { type: problemType(problem), title: problems[problem][1], detail: message, ...(errors && { errors }) };
        return { problem: about, ...echo };
      }
    }

    async #predict({ name, digest, state = undefined }: Kept, { input, everyStep }: { input: unknown; everyStep: boolean }) {
      const settings = settingsOf(this.env);
      const read = async () => (await services.catalogOf(this.env).find(`${name}@${digest}`)).read();
      return services.host.use(
        { digest, read },
        settings.MODEL_MEMORY_BYTES,
        ({ predictor }) => {
          const own = parseOrRefuse(predictor.reader.schema, input, ['input']);
          const result = predictor.predict([own], { everyStep, state: state ?? 'new', admit: withinBudget(settings) });
          const [prediction] = result.predictions;
          if (!prediction || !result.state) throw new Error('session: a prediction without an answer or a state');
          return { prediction, state: result.state, steps: predictor.reader.read(own).steps };
        },
        (load) => this.ctx.waitUntil(load),
      );
    }

    async #keep(kept: Kept): Promise<void> {
      const began = this.#kept === undefined;
      this.#kept = kept;
      await this.ctx.storage.put('session', kept);
      if (began) await this.ctx.storage.setAlarm(Date.now() + LIFETIME_MS);
    }
  };
}

/** A frame's id, if it has one, and its request. `request` throws if the frame is invalid. */
function openFrame(frame: string): { id: number | undefined; request(): v.InferOutput<typeof inputFrame | typeof resetFrame> } {
  let data: unknown;
  try {
    data = parseJson(frame);
  } catch (problem) {
    return {
      id: undefined,
      request() {
        throw problem;
      },
    };
  }
  const { id, reset } = Object(data) as { id?: unknown; reset?: unknown };
  return { id: v.is(int, id) ? id : undefined, request: () => parseOrRefuse(reset === undefined ? inputFrame : resetFrame, data) };
}

function send(socket: WebSocket, answer: SessionAnswer): void {
  try {
    socket.send(JSON.stringify(answer));
  } catch {
    // The client has disconnected. Its state is kept.
  }
}
