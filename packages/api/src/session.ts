import { anyInput } from '@unroll/model/readers/registry.ts';
import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { modelReference, sessionId } from './names.ts';
import { prediction, servedModel } from './predict.ts';

/** The protocol that browsers, which cannot send an Authorization header, name beside `unroll.key.<API key>`. */
export const SESSION_PROTOCOL = 'unroll.v1';
export const KEY_PROTOCOL_PREFIX = 'unroll.key.';

/** Longest frame that is read. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** What a client sends: the next piece of input, or the wish to begin anew. `id` comes back with the answer. */
export const sessionRequest = v.pipe(
  v.union([
    v.strictObject({ input: anyInput, everyStep: v.optional(v.boolean(), false), id: v.exactOptional(int) }),
    v.strictObject({ reset: v.literal(true), id: v.exactOptional(int) }),
  ]),
  v.metadata({ id: 'SessionRequest' }),
);
export type SessionRequest = v.InferInput<typeof sessionRequest>;

/** What it gets: first how things stand, then an answer to each frame. `steps` counts what the session has read. */
export const sessionAnswer = v.pipe(
  v.union([
    v.object({ model: servedModel, steps: int }),
    v.object({ prediction, steps: int, id: v.exactOptional(int) }),
    v.object({ reset: v.literal(true), steps: int, id: v.exactOptional(int) }),
    v.object({ problem: v.object({ type: v.string(), title: v.string(), detail: v.string() }), id: v.exactOptional(int) }),
  ]),
  v.metadata({ id: 'SessionAnswer' }),
);
export type SessionAnswer = v.InferOutput<typeof sessionAnswer>;

export const session = {
  method: 'get',
  path: '/v1/sessions/{id}',
  tag: 'predictions',
  summary: 'A WebSocket on which a model reads input piece by piece',
  description:
    'The recurrent state is the session: it is kept with the id, through disconnection, hibernation and deployment, for a day after ' +
    'its last use. Send SessionRequest frames, get a SessionAnswer each; the text frame `ping` is answered `pong`. ' +
    `Browsers name the protocols \`${SESSION_PROTOCOL}\` and \`${KEY_PROTOCOL_PREFIX}<API key>\`.`,
  scope: 'predict',
  params: v.object({ id: sessionId }),
  query: v.object({
    model: modelReference,
    onVersionChange: v.optional(
      v.pipe(v.picklist(['refuse', 'reset']), v.description('What to do if the session was begun with another version of the model.')),
      'refuse',
    ),
  }),
  answer: { status: 101, description: 'The WebSocket.' },
  problems: [
    'model-not-found',
    'session-of-another-version',
    'upgrade-required',
    'invalid',
    'input-unreadable',
    'origin-refused',
    'not-configured',
  ],
} as const satisfies Endpoint;
