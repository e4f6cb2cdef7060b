import * as v from 'valibot';
import { layerName, layerOptions } from './layer.ts';

/** Another layer once more, with the same weights, on other inputs. As calling a Keras layer a second time. */
export const reuseSpec = v.strictObject({
  type: v.literal('reuse'),
  ...layerOptions,
  /** The layer whose options and weights it has. */
  layer: layerName,
});
export type ReuseSpec = v.InferOutput<typeof reuseSpec>;
