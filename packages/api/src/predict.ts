import { anyInput } from '@unroll/model/readers/reader.ts';
import { predictionSchemas } from '@unroll/model/tasks/registry.ts';
import * as z from 'zod';
import { bodyProblems, type Endpoint } from './endpoint.ts';
import { digestName, modelReference } from './names.ts';

export const MAX_INPUTS = 64;

const token = z.string().exactOptional().meta({ description: 'The token read at this step, of a text.' });
/** A prediction and, where asked for, what it was after each step. */
const withSteps = <S extends z.ZodObject>(schema: S) =>
  z.object({ ...schema.shape, steps: z.array(z.object({ token, ...schema.shape })).exactOptional() });

const { classify, tag, generate, forecast } = predictionSchemas;
/** What models of each task answer to one input. */
export const prediction = z
  .union([
    withSteps(classify).meta({ id: 'Classification' }),
    z.object({ steps: z.array(z.object({ token, ...tag.shape })) }).meta({ id: 'Tagging' }),
    withSteps(generate).meta({ id: 'NextToken' }),
    withSteps(forecast).meta({ id: 'Forecast' }),
  ])
  .meta({ id: 'Prediction' });
export type Prediction = z.infer<typeof prediction>;

export const servedModel = z.object({ name: z.string(), digest: digestName }).meta({ id: 'ServedModel' });

export const predict = {
  method: 'post',
  path: '/v1/models/{model}/predict',
  tag: 'predictions',
  summary: 'Answers to up to 64 inputs',
  description:
    'What an input is depends on the model: a text, columns of numbers for a forecast, rows of features, or token ids. ' +
    'With `state`, inputs go on from where those of an earlier call ended: send null first, then what the answer before brought.',
  scope: 'predict',
  params: z.object({ model: modelReference }),
  body: z
    .strictObject({
      inputs: z
        .array(anyInput)
        .min(1)
        .max(MAX_INPUTS)
        .meta({ examples: [['The food was wonderful.', 'Not worth the wait.']] }),
      everyStep: z.boolean().default(false).meta({ description: 'Also answer after every step. Models that read backwards cannot.' }),
      state: z.string().max(1_000_000).nullable().exactOptional().meta({ description: 'An opaque signed state, or null to begin one.' }),
    })
    .meta({ id: 'PredictRequest' }),
  answer: {
    status: 200,
    description: 'One prediction an input, in their order.',
    schema: z
      .object({
        model: servedModel,
        predictions: z.array(prediction),
        state: z.string().exactOptional().meta({ description: 'To go on from, if a state was sent.' }),
        timing: z.object({
          milliseconds: z.number().meta({
            description: 'Compute time by the isolate’s clock. On Cloudflare that clock stands still between I/O and shows 0.',
          }),
        }),
      })
      .meta({ id: 'PredictResponse' }),
  },
  problems: [
    ...bodyProblems,
    'model-not-found',
    'over-budget',
    'input-unreadable',
    'state-invalid',
    'state-stale',
    'not-configured',
    'timed-out',
  ],
} as const satisfies Endpoint;
