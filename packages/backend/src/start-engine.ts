import * as tf from '@tensorflow/tfjs-core';
import type { Engine, EngineSetup } from './engine.ts';

/**
 * Starts an engine in this thread: it becomes tfjs's current backend, with the op `UnrollRecurrent`. Only the files of that engine are
 * loaded.
 */
export async function startEngine(setup: EngineSetup): Promise<Engine> {
  switch (setup.engine) {
    case 'wasm': {
      const { startWasmBackend } = await import('./engines/wasm/start.ts');
      await startWasmBackend(setup.modules);
      return {
        name: 'wasm',
        describe: () => `tfjs's WebAssembly backend ${tf.version_core} with our kernels`,
        stop: () => tf.removeBackend('wasm'),
      };
    }
    case 'tensorflow': {
      const { startTensorflow } = await import('./engines/tensorflow/start.ts');
      return startTensorflow(setup);
    }
  }
}
