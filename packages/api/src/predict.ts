import { anyInput } from '@unroll/model/readers/registry.ts';
import { truncation } from '@unroll/model/readers/truncation.ts';
import { predictionSchemas } from '@unroll/model/tasks/registry.ts';
import { searchOptions } from '@unroll/model/tasks/search-options.ts';
import { finite } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { bodyProblems, type Endpoint } from './endpoint.ts';
import { digestName, modelReference } from './names.ts';

export const MAX_INPUTS = 64;

/** An input of any model. */
export const input = v.pipe(anyInput, v.metadata({ id: 'Input' }));
export const everyStep = v.optional(
  v.pipe(v.boolean(), v.description('Also answer after every step. Models that read backwards cannot.')),
  false,
);

const read = {
  token: v.exactOptional(v.pipe(v.string(), v.description('For a text: the token of this step.'))),
  unknown: v.exactOptional(v.pipe(v.boolean(), v.description('True if the token is outside the vocabulary.'))),
};
const truncated = v.exactOptional(
  v.pipe(
    truncation,
    v.description('Present if the input was too long for the model: the steps read, and the steps of the input.'),
    v.metadata({ id: 'Truncation' }),
  ),
);
/** A prediction and, if requested, the prediction after each step. */
const withSteps = <E extends v.ObjectEntries>({ entries }: { readonly entries: E }) =>
  v.object({ ...entries, steps: v.exactOptional(v.array(v.object({ ...read, ...entries }))), truncated });

const { classify, tag, generate, forecast, regress, translate, transcribe } = predictionSchemas;
/** The answers of a task about steps: one for each step, none for the whole. */
const stepsOnly = <E extends v.ObjectEntries>({ entries }: { readonly entries: E }) =>
  v.object({ steps: v.array(v.object({ ...read, ...entries })), truncated });

/** The answer to one input, by task. */
export const prediction = v.pipe(
  v.union([
    v.pipe(withSteps(classify), v.metadata({ id: 'Classification' })),
    v.pipe(stepsOnly(tag), v.metadata({ id: 'Tagging' })),
    v.pipe(withSteps(generate), v.metadata({ id: 'NextToken' })),
    v.pipe(withSteps(forecast), v.metadata({ id: 'Forecast' })),
    v.pipe(v.object({ ...translate.entries, truncated }), v.metadata({ id: 'Translation' })),
    v.pipe(v.object({ ...transcribe.entries, truncated }), v.metadata({ id: 'Transcription' })),
    v.pipe(withSteps(regress), v.metadata({ id: 'Regression' })),
    v.pipe(stepsOnly(regress), v.metadata({ id: 'StepRegression' })),
  ]),
  v.metadata({ id: 'Prediction' }),
);
export type Prediction = v.InferOutput<typeof prediction>;

export const servedModel = v.pipe(v.object({ name: v.string(), digest: digestName }), v.metadata({ id: 'ServedModel' }));

export const predict = {
  method: 'post',
  path: '/v1/models/{model}/predict',
  tag: 'predictions',
  summary: 'Predict up to 64 inputs',
  description:
    'The kind of input depends on the model: a text, columns of numbers for a forecast, rows of features, token ids, ' +
    'or the row of a table, by column name or as an array. ' +
    'With `state`, inputs continue those of an earlier call: send null first, then the state of the previous answer. ' +
    'A translation is found by beam search, and `search` says how: {"inputs": ["Der Hund schläft."], "search": {"beam": 5, "nBest": 3}}.',
  scope: 'predict',
  params: v.object({ model: modelReference }),
  body: v.pipe(
    v.strictObject({
      inputs: v.pipe(v.array(input), v.minLength(1), v.maxLength(MAX_INPUTS)),
      everyStep,
      search: v.exactOptional(
        v.pipe(
          searchOptions,
          v.description(
            'For a translation or a transcription: hypotheses of the beam search and how many answers. For a translation also the ' +
              'length penalty, the longest answer, and whether to give the attention weights of the best one: of the last attention ' +
              'layer, the mean of its heads.',
          ),
          v.examples([{ beam: 5, nBest: 3, lengthPenalty: 1, maxLength: 40 }]),
          v.metadata({ id: 'SearchOptions' }),
        ),
      ),
      state: v.exactOptional(
        v.pipe(v.nullable(v.pipe(v.string(), v.maxLength(1_000_000))), v.description('An opaque signed state, or null to begin one.')),
      ),
    }),
    v.examples([{ inputs: ['The food was wonderful.', 'Not worth the wait.'], everyStep: true }]),
    v.metadata({ id: 'PredictRequest' }),
  ),
  answer: {
    status: 200,
    description: 'One prediction for each input, in the order of the inputs.',
    schema: v.pipe(
      v.object({
        model: servedModel,
        predictions: v.array(prediction),
        state: v.exactOptional(v.pipe(v.string(), v.description('The state for the next request, if this request had one.'))),
        timing: v.object({
          milliseconds: v.pipe(
            finite,
            v.description('Compute time by the isolate’s clock. On Cloudflare that clock stands still between I/O and shows 0.'),
          ),
        }),
      }),
      v.metadata({ id: 'PredictResponse' }),
    ),
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
