/** The contract of an engine: what runs tfjs's ops and the op `UnrollRecurrent` in a thread. */
import type { WayChoice } from './engines/tensorflow/way.ts';

export const engineNames = ['wasm', 'tensorflow'] as const;
export type EngineName = (typeof engineNames)[number];

/** What a user may ask for; 'auto' lets the machine decide. */
export const wantedEngines = ['auto', ...engineNames] as const;
export type WantedEngine = (typeof wantedEngines)[number];

/** Compiled modules of the wasm engine. Hosts compile them: Node from files, workerd at deployment. */
export interface WasmModules {
  /** tfjs-backend-wasm-simd.wasm of @tensorflow/tfjs-backend-wasm. */
  readonly tfjs: WebAssembly.Module;
  /** A build of @unroll/kernels: simd.wasm, relaxed.wasm or revectorized.wasm. */
  readonly kernels: WebAssembly.Module;
}

export interface WasmSetup {
  readonly engine: 'wasm';
  readonly modules: WasmModules;
}

export interface TensorflowSetup {
  readonly engine: 'tensorflow';
  /** A folder whose node_modules holds the package. */
  readonly folder: string;
  readonly package: '@tensorflow/tfjs-node' | '@tensorflow/tfjs-node-gpu';
  readonly device: 'cpu' | 'gpu';
  /** How sequences run; 'auto' if left out. For tests and benchmarks. */
  readonly recurrent?: WayChoice;
}

/** What a thread needs to start an engine: plain data and compiled modules, so it can be posted to worker threads. */
export type EngineSetup = WasmSetup | TensorflowSetup;

/** An engine that runs in this thread. It is tfjs's current backend. */
export interface Engine {
  readonly name: EngineName;
  /** Device and versions, in words. */
  describe(): string;
  /** Tensors alive in a library of its own, if the engine has one. */
  handles?(): number;
  /** Removes the backend and frees its tensors. */
  stop(): void;
}

/** What this machine offers of an engine. Looking costs little: nothing is compiled or loaded. */
export type Offer = (Available | Missing) & {
  /** A GPU that the engine could use, and does not yet. */
  readonly idleGpu?: string | undefined;
};

interface Available {
  readonly available: true;
  readonly device: 'cpu' | 'gpu';
  /** Device and versions, in words. */
  readonly description: string;
  /** Makes this process ready for the engine and gives what its threads need to start it. Call it in the main thread. */
  setup(): EngineSetup;
}

interface Missing {
  readonly available: false;
  /** Why not, in words. */
  readonly description: string;
  /** What to do about it, with the exact command if there is one. */
  readonly missing: string;
}
