import type * as v from 'valibot';
import type { ProblemName } from './problems.ts';

/** The permission of a key. */
export type Scope = 'predict' | 'admin';

export type ObjectSchema = v.GenericSchema & { readonly entries: v.ObjectEntries };

/** One operation of the API as data. The Worker implements it, and the client's types and the OpenAPI document come from it. */
export interface Endpoint {
  method: 'get' | 'post' | 'put' | 'delete';
  /** OpenAPI's form: `/v1/models/{model}/predict`. */
  path: string;
  tag: 'models' | 'predictions' | 'admin' | 'operation';
  summary: string;
  description?: string;
  /** The scope that a key needs, if the deployment requires keys; 'read' accepts any key. Without a scope the endpoint is open. */
  scope?: Scope | 'read';
  params?: ObjectSchema;
  query?: ObjectSchema;
  /** A JSON body, or bytes. */
  body?: v.GenericSchema | 'application/octet-stream';
  /** Whether it accepts an Idempotency-Key. */
  idempotent?: boolean;
  answer: {
    status: number;
    description: string;
    /** For a stream: a union of its events by `event`. */
    schema?: v.GenericSchema;
    type?: 'application/json' | 'text/event-stream' | 'text/plain';
  };
  /** Another success, with the answer's schema or without a body. */
  also?: { status: number; description: string; body: boolean };
  /** Problems in addition to those of any request. */
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
