import { anyInput } from '@unroll/model/readers/reader.ts';
import * as z from 'zod';
import type { Endpoint } from './endpoint.ts';
import { modelReference, sessionId } from './names.ts';
import { prediction, servedModel } from './predict.ts';

/** The protocol that browsers, which cannot send an Authorization header, name beside `unroll.key.<API key>`. */
export const SESSION_PROTOCOL = 'unroll.v1';
export const KEY_PROTOCOL_PREFIX = 'unroll.key.';

/** Longest frame that is read. */
export const MAX_FRAME_BYTES = 64 * 1024;

/** What a client sends: the next piece of input, or the wish to begin anew. `id` comes back with the answer. */
export const sessionRequest = z
  .union([
    z.strictObject({ input: anyInput, everyStep: z.boolean().default(false), id: z.int().exactOptional() }),
    z.strictObject({ reset: z.literal(true), id: z.int().exactOptional() }),
  ])
  .meta({ id: 'SessionRequest' });
export type SessionRequest = z.input<typeof sessionRequest>;

/** What it gets: first how things stand, then an answer to each frame. `steps` counts what the session has read. */
export const sessionAnswer = z
  .union([
    z.object({ model: servedModel, steps: z.int() }),
    z.object({ prediction, steps: z.int(), id: z.int().exactOptional() }),
    z.object({ reset: z.literal(true), steps: z.int(), id: z.int().exactOptional() }),
    z.object({ problem: z.object({ type: z.string(), title: z.string(), detail: z.string() }), id: z.int().exactOptional() }),
  ])
  .meta({ id: 'SessionAnswer' });
export type SessionAnswer = z.infer<typeof sessionAnswer>;

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
  params: z.object({ id: sessionId }),
  query: z.object({
    model: modelReference,
    onVersionChange: z
      .enum(['refuse', 'reset'])
      .default('refuse')
      .meta({ description: 'What to do if the session was begun with another version of the model.' }),
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
