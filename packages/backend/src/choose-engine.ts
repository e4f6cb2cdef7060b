import { type EngineName, type EngineSetup, type Offer, type WantedEngine, wantedEngines } from './engine.ts';
import { engines } from './engines/registry.ts';

export interface EngineChoice {
  name: EngineName;
  /** Device and versions, in words. */
  description: string;
  /** Why, in words. */
  reason: string;
  /** For `startEngine`, in this thread or in another. */
  setup: EngineSetup;
}

let forced: WantedEngine | undefined;
const setups = new Map<EngineName, EngineSetup>();

/** Makes `requestedEngine` give this engine, whatever a recipe says. */
export function forceEngine(name: WantedEngine): void {
  forced = name;
}

/**
 * The engine that the user asked for: by `forceEngine` (--engine), else by the environment variable UNROLL_ENGINE, else `otherwise`.
 * @throws if UNROLL_ENGINE names no engine.
 */
export function requestedEngine(otherwise: WantedEngine = 'auto'): WantedEngine {
  const name = forced ?? process.env.UNROLL_ENGINE;
  if (!name) return otherwise;
  const engine = wantedEngines.find((each) => each === name);
  if (!engine) throw new Error(`UNROLL_ENGINE: expected ${wantedEngines.join(', ')}; got '${name}'`);
  return engine;
}

/**
 * An engine with what its threads need to start. 'auto' is the tensorflow engine where it is installed and there is a GPU, and otherwise
 * wasm, the faster one on CPUs. Call it in the main thread.
 * @throws if this machine does not offer the engine; the error has the command that adds it.
 */
export function chooseEngine(wanted: WantedEngine): EngineChoice {
  if (wanted === 'auto') {
    const { name, reason } = automaticEngine();
    return { ...chooseEngine(name), reason };
  }
  const offer = engines[wanted]();
  if (!offer.available) throw new Error(`the ${wanted} engine cannot run: ${offer.description}. ${offer.missing}`);
  const setup = setups.get(wanted) ?? offer.setup();
  setups.set(wanted, setup);
  return { name: wanted, description: offer.description, reason: 'asked for', setup };
}

/** What 'auto' picks, and why. */
export function automaticEngine(offer: Offer = engines.tensorflow()): Pick<EngineChoice, 'name' | 'reason'> {
  if (!offer.available) return { name: 'wasm', reason: `tensorflow: ${offer.description}` };
  if (offer.device === 'cpu') return { name: 'wasm', reason: 'no GPU; on CPUs wasm is faster than tensorflow' };
  return { name: 'tensorflow', reason: `a GPU: ${offer.description}` };
}
