import { int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import type { Endpoint } from './endpoint.ts';
import { modelReference, sessionId } from './names.ts';
import { everyStep, input, prediction, servedModel } from './predict.ts';
import { problemSchema } from './problems.ts';

/** The WebSocket protocol of a session. Browsers cannot send an Authorization header, so they add the protocol `unroll.key.<API key>`. */
export const SESSION_PROTOCOL = 'unroll.v1';
export const KEY_PROTOCOL_PREFIX = 'unroll.key.';

/** The longest frame that the server reads. */
export const MAX_FRAME_BYTES = 64 * 1024;

const id = v.exactOptional(v.pipe(int, v.description('Returned with the answer.')));

/** The next piece of input. */
export const inputFrame = v.pipe(
  v.strictObject({ input, everyStep, id }),
  v.examples([{ input: 'The food was', everyStep: true, id: 1 }]),
  v.metadata({ id: 'InputFrame' }),
);
/** Resets the session to its start. */
export const resetFrame = v.pipe(
  v.strictObject({ reset: v.literal(true), id }),
  v.examples([{ reset: true, id: 2 }]),
  v.metadata({ id: 'ResetFrame' }),
);

/** A client's frame. */
export const sessionRequest = v.pipe(v.union([inputFrame, resetFrame]), v.metadata({ id: 'SessionRequest' }));
export type SessionRequest = v.InferInput<typeof sessionRequest>;

const steps = v.pipe(int, v.description('Steps that the session has read.'));
const { type, title, detail, errors } = problemSchema.entries;

/** A server's frame: a greeting, then one answer to each frame, in the order of the frames. */
export const sessionAnswer = v.pipe(
  v.union([
    v.pipe(v.object({ model: servedModel, steps }), v.metadata({ id: 'SessionGreeting' })),
    v.pipe(v.object({ prediction, steps, id }), v.metadata({ id: 'SessionPrediction' })),
    v.pipe(v.object({ reset: v.literal(true), steps, id }), v.metadata({ id: 'SessionReset' })),
    v.pipe(v.object({ problem: v.object({ type, title, detail, errors }), id }), v.metadata({ id: 'SessionProblem' })),
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
    'The session is its recurrent state. It is kept under the id for a day after its last use, through disconnection, hibernation and ' +
    'deployment. Send SessionRequest frames and get one SessionAnswer for each. The text frame `ping` is answered `pong`. ' +
    `Browsers name the protocols \`${SESSION_PROTOCOL}\` and \`${KEY_PROTOCOL_PREFIX}<API key>\`.`,
  scope: 'predict',
  params: v.object({ id: sessionId }),
  query: v.object({
    model: modelReference,
    onVersionChange: v.optional(
      v.pipe(v.picklist(['refuse', 'reset']), v.description('What to do if the session began with another version of the model.')),
      'refuse',
    ),
  }),
  answer: {
    status: 101,
    description: 'The WebSocket. Its frames are JSON texts: a SessionRequest to the server, a SessionAnswer back.',
  },
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
