import type { ServingCost } from '@unroll/model/serving-cost.ts';
import type { Bindings } from './http/bindings.ts';
import type { AppContext } from './http/implement.ts';
import { ProblemError } from './http/problem.ts';
import { type Settings, settingsOf } from './http/settings.ts';
import type { Telemetry } from './http/telemetry.ts';
import type { ModelCatalog, ModelSource } from './models/model-catalog.ts';
import type { HostedModel, ModelHost } from './models/model-host.ts';

/** The services that routes and sessions use. */
export interface Services {
  host: ModelHost;
  telemetry: Telemetry;
  catalogOf(bindings: Bindings): ModelCatalog;
}

/** Finds and loads a model, and keeps it loaded while `work` runs. */
export async function useModel<T>(
  { host, catalogOf }: Services,
  c: AppContext,
  reference: string,
  work: (model: HostedModel, source: ModelSource) => T | Promise<T>,
): Promise<T> {
  const source = await catalogOf(c.env).find(reference);
  const { digest } = source.version;
  c.set('model', digest);
  const { MODEL_MEMORY_BYTES } = settingsOf(c.env);
  return host.use(
    { digest, read: source.read },
    MODEL_MEMORY_BYTES,
    (model) => work(model, source),
    (load) => c.executionCtx.waitUntil(load),
  );
}

/** Limit for the tensors of one request, well within an isolate's 128 MB. */
const MAX_TENSOR_BYTES = 40 * 1024 * 1024;

/** Refuses work beyond the budget of one request. */
export function withinBudget({ MAX_MULTIPLY_ADDS }: Settings): (cost: ServingCost) => void {
  return ({ multiplyAdds, bytes, advice = 'Send fewer or shorter inputs.' }) => {
    if (multiplyAdds > MAX_MULTIPLY_ADDS) {
      throw new ProblemError('over-budget', `The request takes ${multiplyAdds} multiply-adds, ${MAX_MULTIPLY_ADDS} are allowed. ${advice}`);
    }
    if (bytes > MAX_TENSOR_BYTES) {
      throw new ProblemError('over-budget', `The request takes ${bytes} bytes of tensors, ${MAX_TENSOR_BYTES} are allowed. ${advice}`);
    }
  };
}
