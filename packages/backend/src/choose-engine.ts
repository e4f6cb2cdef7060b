import { type EngineName, type EngineSetup, type Offer, type WantedEngine, wantedEngines } from './engine.ts';
import { engines } from './engines/registry.ts';

export interface EngineChoice {
  name: EngineName;
  /** Device and versions, in words. */
  description: string;
  /** Why, in words. */
  reason: string;
  /** A GPU that 'auto' cannot use yet; the reason says what is missing. */
  idleGpu?: string | undefined;
  /** For `startEngine`, in this thread or in another. */
  setup: EngineSetup;
}

let forced: WantedEngine | undefined;
/** What was chosen: looking again could start a program, and compiling again takes time. */
const choices = new Map<WantedEngine, EngineChoice>();

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
  const choice = choices.get(wanted) ?? (wanted === 'auto' ? chooseAutomatically() : choose(wanted));
  choices.set(wanted, choice);
  return choice;
}

function choose(name: EngineName): EngineChoice {
  const offer = engines[name]();
  if (!offer.available) throw new Error(`the ${name} engine cannot run: ${offer.description}. ${offer.missing}`);
  return { name, description: offer.description, reason: 'asked for', setup: offer.setup() };
}

function chooseAutomatically(): EngineChoice {
  const { name, reason, idleGpu } = automaticEngine();
  return { ...chooseEngine(name), reason, idleGpu };
}

/** What 'auto' picks, and why. */
export function automaticEngine(offer: Offer = engines.tensorflow()): Pick<EngineChoice, 'name' | 'reason' | 'idleGpu'> {
  const { available, description, idleGpu } = offer;
  if (available && offer.device === 'gpu') return { name: 'tensorflow', reason: 'there is a GPU' };
  const why = available ? description : `${description}. ${offer.missing}`;
  if (idleGpu) return { name: 'wasm', reason: `${idleGpu} is idle; the tensorflow engine: ${why}`, idleGpu };
  return { name: 'wasm', reason: 'no GPU for the tensorflow engine, and on CPUs wasm is faster' };
}
