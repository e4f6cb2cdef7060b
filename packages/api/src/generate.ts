import { textInput } from '@unroll/model/readers/text.ts';
import { finite, int } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { bodyProblems, type Endpoint } from './endpoint.ts';
import { generatorReference } from './names.ts';
import { servedModel } from './predict.ts';

/** Events of the stream: pieces of text, then the reason for the end. */
export const generateEvent = v.pipe(
  v.variant('event', [
    v.object({ event: v.literal('token'), text: v.string() }),
    v.object({
      event: v.literal('done'),
      reason: v.pipe(v.picklist(['stop', 'length']), v.description('`stop`: a stop text was reached. `length`: maxTokens was reached.')),
      pieces: v.pipe(int, v.description('How many token events were sent.')),
      model: servedModel,
    }),
    v.object({ event: v.literal('problem'), type: v.string(), title: v.string(), detail: v.string() }),
  ]),
  v.metadata({ id: 'GenerateEvent' }),
);
export type GenerateEvent = v.InferOutput<typeof generateEvent>;

export const generate = {
  method: 'post',
  path: '/v1/models/{model}/generate',
  tag: 'predictions',
  summary: 'Continue a prompt, as a stream of text',
  description: 'Server-sent events. `event` is the kind of event, `data` a JSON object. Closing the connection stops the generation.',
  scope: 'predict',
  params: v.object({ model: generatorReference }),
  body: v.pipe(
    v.strictObject({
      prompt: v.pipe(textInput, v.minLength(1)),
      maxTokens: v.optional(v.pipe(int, v.minValue(1), v.maxValue(4000)), 200),
      temperature: v.optional(v.pipe(finite, v.minValue(0), v.maxValue(10), v.description('0 always takes the most probable token.')), 1),
      topK: v.exactOptional(v.pipe(int, v.minValue(1), v.maxValue(100_000), v.description('Only the k most probable tokens.'))),
      topP: v.exactOptional(
        v.pipe(finite, v.gtValue(0), v.maxValue(1), v.description('Only the most probable tokens whose probabilities add up to topP.')),
      ),
      seed: v.optional(v.pipe(int, v.minValue(0), v.description('The same seed gives the same text.')), 1),
      stop: v.optional(
        v.pipe(
          v.array(v.pipe(v.string(), v.minLength(1), v.maxLength(100))),
          v.maxLength(4),
          v.description('Texts at which generation ends. They are not sent.'),
        ),
        [],
      ),
    }),
    v.examples([{ prompt: 'Call me Ishmael. ', maxTokens: 100, temperature: 0.7, seed: 1, stop: [] }]),
    v.metadata({ id: 'GenerateRequest' }),
  ),
  answer: { status: 200, description: 'The text, piece by piece.', type: 'text/event-stream', schema: generateEvent },
  problems: [...bodyProblems, 'model-not-found', 'over-budget', 'input-unreadable', 'timed-out'],
} as const satisfies Endpoint;
