import type { Hono } from 'hono';
import type { BlankEnv, BlankInput } from 'hono/types';
import type * as v from 'valibot';
import type { Endpoint, HonoPath } from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';

type InputOf<E extends Endpoint> = (E['params'] extends v.GenericSchema ? { param: v.InferInput<E['params']> } : BlankInput) &
  (E['query'] extends v.GenericSchema ? { query: v.InferInput<E['query']> } : BlankInput) &
  (E['body'] extends v.GenericSchema ? { json: v.InferInput<E['body']> } : BlankInput);

/** The operation of each endpoint of a union. */
type Operation<E> = E extends Endpoint
  ? {
      [Method in `$${E['method']}`]: {
        input: InputOf<E>;
        output: E['answer'] extends { schema: infer S extends v.GenericSchema } ? v.InferOutput<S> : string;
        outputFormat: 'json';
        status: E['answer']['status'];
      };
    }
  : never;

type Intersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void ? I : never;
type Any = Endpoints[keyof Endpoints];

/** The API as a type for hono/client's `hc`: `hc<TypedApp>(url).v1.models[':model'].predict.$post(...)`. */
export type TypedApp = Hono<BlankEnv, { [P in Any['path'] as HonoPath<P>]: Intersection<Operation<Extract<Any, { path: P }>>> }, '/'>;
