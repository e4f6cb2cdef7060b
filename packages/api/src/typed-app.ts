import type { Hono } from 'hono';
import type { BlankEnv, BlankInput } from 'hono/types';
import type * as z from 'zod';
import type { Endpoint, HonoPath } from './endpoint.ts';
import type { Endpoints } from './endpoints.ts';

type InputOf<E extends Endpoint> = (E['params'] extends z.ZodType ? { param: z.input<E['params']> } : BlankInput) &
  (E['query'] extends z.ZodType ? { query: z.input<E['query']> } : BlankInput) &
  (E['body'] extends z.ZodType ? { json: z.input<E['body']> } : BlankInput);

/** Of each endpoint of a union its own. */
type Operation<E> = E extends Endpoint
  ? {
      [Method in `$${E['method']}`]: {
        input: InputOf<E>;
        output: E['answer'] extends { schema: infer S extends z.ZodType } ? z.output<S> : string;
        outputFormat: 'json';
        status: E['answer']['status'];
      };
    }
  : never;

type Intersection<U> = (U extends unknown ? (member: U) => void : never) extends (all: infer I) => void ? I : never;
type Any = Endpoints[keyof Endpoints];

/** The API as `hc` of hono/client wants it: `hc<TypedApp>(url).v1.models[':model'].predict.$post(...)`. */
export type TypedApp = Hono<BlankEnv, { [P in Any['path'] as HonoPath<P>]: Intersection<Operation<Extract<Any, { path: P }>>> }, '/'>;
