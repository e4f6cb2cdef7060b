import type { Offer } from '../../engine.ts';
import { compileWasmModules } from './compile.ts';

/** The wasm engine runs on every machine. */
export const offerWasm = (): Offer => ({
  available: true,
  device: 'cpu',
  description: "our kernels on the heap of tfjs's WebAssembly backend",
  setup: () => ({ engine: 'wasm', modules: compileWasmModules() }),
});
