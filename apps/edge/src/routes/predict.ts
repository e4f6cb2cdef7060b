import { createRoute, z } from '@hono/zod-openapi';
import { classification } from '@unroll/model/tasks/classify.ts';
import type { App, AppDependencies } from '../app.ts';
import type { ModelHost } from '../model-host.ts';
import { ProblemError } from '../problem.ts';
import { hostedModel, modelName, problemAnswer } from './models.ts';

const MAX_INPUTS = 64;
const MAX_CHARACTERS = 4000;

const prediction = z
  .object({
    ...classification.shape,
    steps: z
      .array(z.object({ token: z.string(), ...classification.shape }))
      .exactOptional()
      .openapi({ description: 'The answer after each word read, with everyStep.' }),
  })
  .openapi('Prediction');

const predictRoute = createRoute({
  method: 'post',
  path: '/v1/models/{name}/predict',
  summary: 'Answers for up to 64 texts',
  request: {
    params: z.object({ name: modelName }),
    body: {
      required: true,
      content: {
        'application/json': {
          schema: z
            .strictObject({
              inputs: z
                .array(z.string().max(MAX_CHARACTERS))
                .min(1)
                .max(MAX_INPUTS)
                .openapi({ example: ['The food was wonderful.', 'Not worth the wait.'] }),
              everyStep: z.boolean().default(false).openapi({ description: 'Also answer after every word.' }),
            })
            .openapi('PredictRequest'),
        },
      },
    },
  },
  responses: {
    200: {
      description: 'One prediction an input, in their order.',
      content: {
        'application/json': {
          schema: z
            .object({
              model: z.object({ name: z.string(), digest: z.string() }),
              predictions: z.array(prediction),
              timing: z.object({ milliseconds: z.number() }).openapi({
                description: 'Compute time by the isolate’s clock. On Cloudflare that clock stands still between I/O and shows 0.',
              }),
            })
            .openapi('PredictResponse'),
        },
      },
    },
    400: problemAnswer('The body is not JSON.'),
    404: problemAnswer('No model of that name.'),
    413: problemAnswer('The body is too large.'),
    415: problemAnswer('The content type is not application/json.'),
    422: problemAnswer('The body does not fit the schema, or the model cannot answer every step.'),
  },
});

/** POST /v1/models/{name}/predict. */
export function registerPredict(app: App, host: ModelHost, storeOf: AppDependencies['storeOf']): void {
  app.openapi(predictRoute, async (c) => {
    const { name } = c.req.valid('param');
    const { inputs, everyStep } = c.req.valid('json');
    const { digest, predictor } = await hostedModel(host, storeOf(c.env), name);
    if (everyStep && !predictor.model.causal) {
      throw new ProblemError(422, `Model '${name}' reads its input backwards too, so it has no answer after every word.`);
    }
    const started = performance.now();
    const answers = predictor.predictTexts(inputs, everyStep);
    const milliseconds = performance.now() - started;
    c.header('server-timing', `predict;dur=${milliseconds.toFixed(2)}`);
    const predictions = answers.map(({ prediction, steps }) => ({
      ...prediction,
      ...(steps && { steps: steps.map((step) => ({ token: step.token, ...step.prediction })) }),
    }));
    return c.json({ model: { name, digest }, predictions, timing: { milliseconds } }, 200);
  });
}
