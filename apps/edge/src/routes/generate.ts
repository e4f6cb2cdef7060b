import { type GenerateEvent, generate } from '@unroll/api/generate.ts';
import { problems, problemType } from '@unroll/api/problems.ts';
import type { FinishReason } from '@unroll/model/until-stop.ts';
import { streamSSE } from 'hono/streaming';
import { type App, implement } from '../http/implement.ts';
import { asProblem, ProblemError } from '../http/problem.ts';
import { type Services, useModel, withinBudget } from '../services.ts';

/** The number of pieces between two pauses. In a pause other requests run, and the Worker notices a disconnected client. */
const BREATH = 8;

/** POST /v1/models/{model}/generate */
export function registerGenerate(app: App, services: Services): void {
  implement(app, generate, async ({ c, settings, params, body: { prompt, maxTokens, ...options } }) => {
    // The response begins with the first piece of text, so that an invalid request still gets a problem as its answer.
    const opened = Promise.withResolvers<Response>();
    const work = useModel(services, c, params.model, async ({ digest, generator }, { name }) => {
      if (!generator)
        throw new ProblemError('input-unreadable', 'This model does not write text. GET /v1/models lists the models with their tasks.');
      const pieces = generator.generate({ prompt, length: maxTokens, ...options, admit: withinBudget(settings) });
      let next = pieces.next();
      const finished = Promise.withResolvers<void>();
      const response = streamSSE(c, async (stream) => {
        let left = false;
        stream.onAbort(() => {
          left = true;
        });
        const send = ({ event, ...data }: GenerateEvent) => stream.writeSSE({ event, data: JSON.stringify(data) });
        let sent = 0;
        try {
          for (; !next.done && !left; next = pieces.next()) {
            await send({ event: 'token', text: next.value });
            services.telemetry.count('tokens_generated');
            sent++;
            if (sent % BREATH === 0) await stream.sleep(0);
          }
          if (!left) await send({ event: 'done', reason: next.value as FinishReason, pieces: sent, model: { name, digest } });
        } catch (error) {
          const { problem, message } = asProblem(error);
          await send({ event: 'problem', type: problemType(problem), title: problems[problem][1], detail: message });
        } finally {
          finished.resolve();
        }
      });
      response.headers.set('cache-control', 'no-store');
      opened.resolve(response);
      await finished.promise;
    });
    work.catch(opened.reject);
    return opened.promise;
  });
}
