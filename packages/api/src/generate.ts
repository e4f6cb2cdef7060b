import { textInput } from '@unroll/model/readers/text.ts';
import * as z from 'zod';
import { bodyProblems, type Endpoint } from './endpoint.ts';
import { modelReference } from './names.ts';
import { servedModel } from './predict.ts';

/** What the stream's events say: pieces of text, then why it ended. */
export const generateEvent = z
  .discriminatedUnion('event', [
    z.object({ event: z.literal('token'), text: z.string() }),
    z.object({
      event: z.literal('done'),
      reason: z.enum(['stop', 'length']).meta({ description: 'A stop text was reached, or maxTokens.' }),
      pieces: z.int().meta({ description: 'How many token events were sent.' }),
      model: servedModel,
    }),
    z.object({ event: z.literal('problem'), type: z.string(), title: z.string(), detail: z.string() }),
  ])
  .meta({ id: 'GenerateEvent' });
export type GenerateEvent = z.infer<typeof generateEvent>;

export const generate = {
  method: 'post',
  path: '/v1/models/{model}/generate',
  tag: 'predictions',
  summary: 'Text that goes on from a prompt, as a stream',
  description: 'Server-sent events: `event` names what `data`, a JSON object, holds. Closing the connection ends the work.',
  scope: 'predict',
  params: z.object({ model: modelReference }),
  body: z
    .strictObject({
      prompt: textInput.min(1).meta({ example: 'Call me Ishmael. ' }),
      maxTokens: z.int().min(1).max(4000).default(200),
      temperature: z.number().min(0).max(10).default(1).meta({ description: '0 always takes the most probable token.' }),
      topK: z.int().min(1).max(100_000).exactOptional().meta({ description: 'Only the k most probable tokens.' }),
      topP: z.number().gt(0).max(1).exactOptional().meta({ description: 'Only the most probable tokens that together reach it.' }),
      seed: z.int().min(0).default(1).meta({ description: 'The same seed gives the same text.' }),
      stop: z.array(z.string().min(1).max(100)).max(4).default([]).meta({ description: 'Texts that end it; they are not sent.' }),
    })
    .meta({ id: 'GenerateRequest' }),
  answer: { status: 200, description: 'The text, piece by piece.', type: 'text/event-stream', schema: generateEvent },
  problems: [...bodyProblems, 'model-not-found', 'over-budget', 'input-unreadable', 'timed-out'],
} as const satisfies Endpoint;
