import type { Endpoints } from '@unroll/api/endpoints.ts';
import type { GenerateEvent } from '@unroll/api/generate.ts';
import type { TypedApp } from '@unroll/api/typed-app.ts';
import { EventSourceParserStream } from 'eventsource-parser/stream';
import { hc } from 'hono/client';
import type * as v from 'valibot';
import { ProblemError, problemOf } from './problem-error.ts';
import { type RetryOptions, retryingFetch } from './retrying-fetch.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';

export interface ClientOptions extends RetryOptions {
  /** The deployment's address: `https://unroll.example.com`. */
  url: string;
  /** An API key, if the deployment requires one. */
  key?: string;
  /** Replaces the global fetch, for example with a service binding's. */
  fetch?: typeof globalThis.fetch;
}

type Body<E extends keyof Endpoints> = Endpoints[E] extends { body: infer S extends v.GenericSchema } ? v.InferInput<S> : never;
type Answer<E extends keyof Endpoints> = Endpoints[E] extends { answer: { schema: infer S extends v.GenericSchema } }
  ? v.InferOutput<S>
  : never;

/** Calls an Unroll deployment. Every answer other than a success is thrown as a ProblemError. */
export interface Client {
  /** Every route, typed: `client.api.v1.models[':model'].predict.$post(...)`. Requests are retried, answers are not checked. */
  readonly api: ReturnType<typeof hc<TypedApp>>;
  models(): Promise<Answer<'listModels'>['models']>;
  /** @param model name, name@alias or name@digest */
  model(model: string): Promise<Answer<'describeModel'>>;
  /** Answers to up to 64 inputs. */
  predict(
    model: string,
    inputs: Body<'predict'>['inputs'],
    options?: Omit<Body<'predict'>, 'inputs'> & { signal?: AbortSignal },
  ): Promise<Answer<'predict'>>;
  /** Pieces of text as they are generated, then the reason for the end. Leaving the loop or aborting the signal stops the server's work too. */
  generate(
    model: string,
    request: Body<'generate'>,
    options?: { signal?: AbortSignal },
  ): AsyncGenerator<GenerateEvent & { event: 'token' | 'done' }>;
  /** A WebSocket on which a model reads input piece by piece. */
  session(id: string, options: Omit<SessionOptions, 'url' | 'key'>): Promise<Session>;
  versions(model: string): Promise<Answer<'listVersions'>>;
  /** Uploads a model file. This and all below need a key with the scope `admin`. */
  publish(model: string, file: Uint8Array<ArrayBuffer>): Promise<Answer<'publishVersion'>>;
  pointAlias(model: string, alias: string, digest: string): Promise<Answer<'moveAlias'>>;
  rollBack(model: string, alias: string): Promise<Answer<'rollBackAlias'>>;
  deleteVersion(model: string, digest: string): Promise<void>;
  deleteModel(model: string): Promise<void>;
}

export function createClient({ url, key, fetch = globalThis.fetch.bind(globalThis), ...retry }: ClientOptions): Client {
  const again = retryingFetch(fetch, retry);
  const authorization: Record<string, string> = key === undefined ? {} : { authorization: `Bearer ${key}` };
  const api = hc<TypedApp>(url, { fetch: again, headers: authorization });
  const models = api.v1.models;
  const one = models[':model'];

  /** A write that may be retried: the server recognizes it by its key. */
  const write = () => ({ headers: { ...authorization, 'idempotency-key': crypto.randomUUID() } });
  const bodyOf = async <T>(asking: Promise<{ ok: boolean; json(): Promise<T> }>): Promise<T> => {
    const response = await asking;
    if (!response.ok) throw await problemOf(response as unknown as Response);
    return response.json();
  };
  const done = async (asking: Promise<unknown>) => {
    const response = (await asking) as Response;
    if (!response.ok) throw await problemOf(response);
  };

  return {
    api,
    models: async () => (await bodyOf(models.$get())).models,
    model: (model) => bodyOf(one.$get({ param: { model } })),
    predict: (model, inputs, { signal, ...options } = {}) =>
      bodyOf(one.predict.$post({ param: { model }, json: { inputs, ...options } }, { init: signal ? { signal } : {} })),
    async *generate(model, json, { signal } = {}) {
      const leaving = new AbortController();
      const either = signal ? AbortSignal.any([signal, leaving.signal]) : leaving.signal;
      const response = (await one.generate.$post({ param: { model }, json }, { init: { signal: either } })) as unknown as Response;
      if (!response.ok) throw await problemOf(response);
      try {
        const events = response.body?.pipeThrough(new TextDecoderStream()).pipeThrough(new EventSourceParserStream());
        for await (const { event, data } of events ?? []) {
          const said = { event, ...(JSON.parse(data) as object) } as GenerateEvent;
          if (said.event === 'problem') throw new ProblemError(said);
          yield said;
          if (said.event === 'done') return;
        }
        throw new ProblemError({ type: 'about:blank', title: 'Stream Cut Off', detail: 'The stream ended before the text was complete.' });
      } finally {
        leaving.abort();
      }
    },
    session: (id, options) => openSession(id, { url, ...(key !== undefined && { key }), ...options }),
    versions: (model) => bodyOf(one.versions.$get({ param: { model } })),
    async publish(model, file) {
      // hc sends only JSON and forms; this body is bytes.
      const headers = { ...write().headers, 'content-type': 'application/octet-stream' };
      const response = await again(one.versions.$url({ param: { model } }).href, { method: 'PUT', headers, body: file });
      if (!response.ok) throw await problemOf(response);
      return (await response.json()) as Answer<'publishVersion'>;
    },
    pointAlias: (model, alias, digest) => bodyOf(one.aliases.$post({ param: { model }, json: { alias, digest } }, write())),
    rollBack: (model, alias) => bodyOf(one.aliases[':alias'].rollback.$post({ param: { model, alias } }, write())),
    deleteVersion: (model, digest) => done(one.versions[':digest'].$delete({ param: { model, digest } }, write())),
    deleteModel: (model) => done(one.$delete({ param: { model } }, write())),
  };
}
