import { type Endpoint, honoPath } from '@unroll/api/endpoint.ts';
import { KEY_PROTOCOL_PREFIX } from '@unroll/api/session.ts';
import type { Context, Hono } from 'hono';
import type * as v from 'valibot';
import type { Bindings } from './bindings.ts';
import { parseJson, readJsonText } from './body.ts';
import { bearerOf, identify, requireScope } from './keys.ts';
import { methodNotAllowed, parseOrRefuse } from './problem.ts';
import { limitRate } from './rate-limits.ts';
import { type ApiKey, type Settings, settingsOf } from './settings.ts';

export interface AppEnvironment {
  Bindings: Bindings;
  Variables: {
    requestId: string;
    /** The data of a request for logs and metrics. */
    route: string;
    model: string;
    key: ApiKey | undefined;
  };
}
export type App = Hono<AppEnvironment>;
export type AppContext = Context<AppEnvironment>;

type Parsed<S> = S extends v.GenericSchema ? v.InferOutput<S> : undefined;
type AnswerOf<E extends Endpoint> = E['answer'] extends { schema: infer S extends v.GenericSchema } ? v.InferInput<S> : never;

/** A request that is allowed and valid by the endpoint's schemas. */
export interface Admitted<E extends Endpoint> {
  c: AppContext;
  settings: Settings;
  params: Parsed<E['params']>;
  query: Parsed<E['query']>;
  body: Parsed<E['body']>;
}

/** The largest JSON body. */
const MAX_JSON_BYTES = 1_100_000;

/** Adds an endpoint to the app. It checks key, rate limit and scope, then parameters and body by the schemas, then calls the handler. */
export function implement<E extends Endpoint>(
  app: App,
  endpoint: E,
  handler: (request: Admitted<E>) => AnswerOf<E> | Response | Promise<AnswerOf<E> | Response>,
): void {
  const { method, path, scope, params, query, body, answer } = endpoint;
  app.on(method.toUpperCase(), honoPath(path), async (c) => {
    c.set('route', path);
    const settings = settingsOf(c.env);
    if (scope) await admit(c, settings, scope);
    const request = {
      c,
      settings,
      params: params && parseOrRefuse(params, c.req.param(), ['path']),
      query: query && parseOrRefuse(query, c.req.query(), ['query']),
      body: typeof body === 'object' ? parseOrRefuse(body, parseJson(await readJsonText(c.req.raw, MAX_JSON_BYTES))) : undefined,
    } as Admitted<E>;
    const given = await handler(request);
    return given instanceof Response ? given : c.json(given as object, answer.status as 200);
  });
}

/**
 * Checks key and rate limit. A request with a valid key counts only against the key's limit, any other request against its address's.
 * @throws ProblemError if there are too many requests, or the key does not allow the operation.
 */
async function admit(c: AppContext, settings: Settings, scope: NonNullable<Endpoint['scope']>): Promise<void> {
  const byAddress = () => limitRate(c.env, { address: c.req.header('cf-connecting-ip') ?? 'unknown' });
  const key = await keyOf(c, settings).catch(async (refused) => {
    await byAddress();
    throw refused;
  });
  c.set('key', key);
  await (key ? limitRate(c.env, { key: key.id }) : byAddress());
  requireScope(key, scope, settings);
}

/** The key of a request. For WebSockets, browsers can send it only as a protocol. @throws 'key-refused' */
async function keyOf(c: AppContext, settings: Settings): Promise<ApiKey | undefined> {
  const sent = bearerOf(c.req.header('authorization')) ?? keyAmongProtocols(c.req.header('sec-websocket-protocol'));
  return identify(sent, settings, new Date());
}

const keyAmongProtocols = (protocols = '') =>
  protocols
    .split(',')
    .map((protocol) => protocol.trim())
    .find((protocol) => protocol.startsWith(KEY_PROTOCOL_PREFIX))
    ?.slice(KEY_PROTOCOL_PREFIX.length);

/** Answers unsupported methods of a path. Call it after all endpoints are implemented. */
export function refuseOtherMethods(app: App, endpoints: readonly Endpoint[]): void {
  for (const [path, same] of Map.groupBy(endpoints, (endpoint) => endpoint.path)) {
    app.all(honoPath(path), (c) => {
      c.set('route', path);
      throw methodNotAllowed(same.map(({ method }) => method.toUpperCase()));
    });
  }
}
