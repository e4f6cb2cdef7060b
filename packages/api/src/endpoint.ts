import type * as v from 'valibot';
import type { ProblemName } from './problems.ts';

/** What a key may do. */
export type Scope = 'predict' | 'admin';

export type ObjectSchema = v.GenericSchema & { readonly entries: v.ObjectEntries };

/** One operation of the API as data: the Worker implements it, the client is typed by it, the OpenAPI document is written from it. */
export interface Endpoint {
  method: 'get' | 'post' | 'put' | 'delete';
  /** OpenAPI's form: `/v1/models/{model}/predict`. */
  path: string;
  tag: 'models' | 'predictions' | 'admin' | 'operation';
  summary: string;
  description?: string;
  /** The scope a key must have, if the deployment wants keys; any will do to read. Without one the endpoint is open to all. */
  scope?: Scope | 'read';
  params?: ObjectSchema;
  query?: ObjectSchema;
  /** A JSON body, or bytes. */
  body?: v.GenericSchema | 'application/octet-stream';
  /** Whether it takes an Idempotency-Key. */
  idempotent?: boolean;
  answer: {
    status: number;
    description: string;
    /** Of a stream: its events, told apart by `event`. */
    schema?: v.GenericSchema;
    type?: 'application/json' | 'text/event-stream' | 'text/plain';
  };
  /** Another success, by its status: with the answer's schema, or without a body. */
  also?: { status: number; description: string; body: boolean };
  /** Besides those any request can meet. */
  problems: readonly ProblemName[];
}

/** Problems of any request. */
export const commonProblems = ['rate-limited', 'failed'] as const satisfies readonly ProblemName[];
export const keyProblems = ['key-missing', 'key-refused'] as const satisfies readonly ProblemName[];

/** Problems of any JSON body. */
export const bodyProblems = ['not-json', 'body-too-large', 'unsupported-media-type', 'invalid'] as const satisfies readonly ProblemName[];

/** `/v1/models/{model}` as Hono writes it: `/v1/models/:model`. */
export type HonoPath<P extends string> = P extends `${infer Before}{${infer Name}}${infer After}`
  ? `${Before}:${Name}${HonoPath<After>}`
  : P;
export const honoPath = <P extends string>(path: P) => path.replace(/\{(\w+)\}/g, ':$1') as HonoPath<P>;
