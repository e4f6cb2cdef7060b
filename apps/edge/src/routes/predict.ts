import { type Prediction, predict } from '@unroll/api/predict.ts';
import { type App, implement } from '../http/implement.ts';
import { parseOrRefuse } from '../http/problem.ts';
import { createRecentAnswers } from '../http/recent-answers.ts';
import { openState, sealState } from '../http/state-token.ts';
import type { HostedModel } from '../models/model-host.ts';
import { type Services, useModel, withinBudget } from '../services.ts';

/** Capacity of the cache of answers, in characters. */
const RECENT_CHARACTERS = 1_000_000;

/** POST /v1/models/{model}/predict */
export function registerPredict(app: App, services: Services): void {
  const recent = createRecentAnswers<Prediction[]>(RECENT_CHARACTERS);
  const { telemetry } = services;

  implement(app, predict, ({ c, settings, params, body: { inputs, everyStep, search, state } }) =>
    useModel(services, c, params.model, async (model, { name }) => {
      const { digest, predictor } = model;
      const asked = JSON.stringify([digest, everyStep, search, inputs]);
      const known = state === undefined ? recent.get(asked) : undefined;
      if (known) {
        telemetry.count('answers_reused', inputs.length);
        return { model: { name, digest }, predictions: known, timing: { milliseconds: 0 } };
      }

      const read = readInputs(model, inputs);
      const rows = inputs.length;
      const before = state == null ? ('new' as const) : await openState(state, { digest, rows }, settings.STATE_SECRET, new Date());
      const started = performance.now();
      const { predictions, state: after } = predictor.predict(read, {
        everyStep,
        search,
        state: state === undefined ? undefined : before,
        admit: withinBudget(settings),
      });
      const milliseconds = performance.now() - started;
      telemetry.count('inputs_answered', inputs.length);
      c.header('server-timing', `predict;dur=${milliseconds.toFixed(2)}`);
      if (!after) recent.put(asked, predictions, JSON.stringify(predictions).length);
      const sealed = after && (await sealState({ digest, rows, values: after }, settings.STATE_SECRET, new Date()));
      return { model: { name, digest }, predictions, ...(sealed && { state: sealed }), timing: { milliseconds } };
    }),
  );
}

/** The inputs, parsed by the model's own schema. */
function readInputs({ predictor: { reader } }: HostedModel, inputs: readonly unknown[]): readonly unknown[] {
  return inputs.map((input, i) => parseOrRefuse(reader.schema, input, ['inputs', i]));
}
