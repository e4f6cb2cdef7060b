import type { Artifact } from '@unroll/artifact/artifact.ts';
import { chooseEngine, type EngineChoice, requestedEngine } from '@unroll/backend/choose-engine.ts';
import type { WantedEngine } from '@unroll/backend/engine.ts';

/**
 * The engine that runs a model file. Only wasm multiplies int8 numbers, so unless another engine is asked for by name, wasm runs an int8
 * model and gives the answers that a deployment gives.
 */
export function engineFor({ weights }: Artifact, otherwise?: WantedEngine): EngineChoice {
  const isQuantized = Object.values(weights).some(({ dtype }) => dtype === 'int8');
  const requested = requestedEngine(isQuantized ? 'wasm' : otherwise);
  return chooseEngine(isQuantized && requested === 'auto' ? 'wasm' : requested);
}
