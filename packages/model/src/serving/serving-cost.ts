import type { Model } from '../model.ts';
import { featuresOf } from '../spec.ts';

/** The most that a request costs. */
export interface ServingCost {
  multiplyAdds: number;
  /** Of all tensors, which live until the answer is read. The weights are not included. */
  bytes: number;
  /** How to ask for less. Default: send fewer or shorter inputs. */
  advice?: string;
}

/** The cost of answering `rows` inputs that are padded to `steps` steps, known before the model runs. Every layer tells its own. */
export function servingCost(model: Model, rows: number, steps: number): ServingCost {
  const T = Math.max(steps, 1);
  const { multiplyAdds, floats } = model.cost(T);
  const inputFloats = Object.values(model.inputs).reduce((sum, input) => sum + featuresOf(input) + 1, 0);
  const outputFloats = model.output.kind === 'ids' ? 1 : 2 * model.output.features;
  return { multiplyAdds: rows * multiplyAdds, bytes: 4 * rows * (floats + T * (inputFloats + outputFloats)) };
}
