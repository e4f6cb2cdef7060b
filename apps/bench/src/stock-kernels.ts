import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';

/** The kernels that packages/backend puts in the place of tfjs's own. */
const REPLACED = ['BatchMatMul', '_FusedMatMul'];

export interface Stock {
  /** Runs with tfjs's own kernels in place, then puts ours back. */
  run<T>(compute: () => T): T;
}

/** Starts the WASM backend with our kernels, keeping tfjs's own at hand as peers. */
export async function startWithStock(): Promise<Stock> {
  const configs = () => REPLACED.map((name) => tf.getKernel(name, 'wasm'));
  const stock = configs();
  await startWasmBackend(compileWasmModules());
  const ours = configs();
  if (stock.some((config, i) => !config || config.kernelFunc === ours[i]?.kernelFunc))
    throw new Error('bench: our kernels are not in place');
  for (const config of stock) config?.setupFunc?.(tf.backend());

  function put(set: readonly (tf.KernelConfig | undefined)[]): void {
    for (const config of set) {
      if (!config) continue;
      tf.unregisterKernel(config.kernelName, 'wasm');
      // Set up already; a second setup would only cost time.
      tf.registerKernel({ kernelName: config.kernelName, backendName: 'wasm', kernelFunc: config.kernelFunc });
    }
  }
  return {
    run(compute) {
      put(stock);
      try {
        return compute();
      } finally {
        put(ours);
      }
    },
  };
}
