/** The tensorflow engine for tests. Without it they are skipped, and one line says why. */
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { Engine, TensorflowSetup } from '@unroll/backend/engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';

const offer = engines.tensorflow();
const needsGpu = process.env.UNROLL_TEST_GPU === '1';

/** Whether the tests can run here. With UNROLL_TEST_GPU=1 they need a GPU. */
export const hasTensorflow = offer.available && (offer.device === 'gpu' || !needsGpu);
export const onGpu = offer.available && offer.device === 'gpu';

if (!offer.available) console.log(`tests of the tensorflow engine skipped: ${offer.description}. ${offer.missing}`);
else if (!hasTensorflow) console.log(`tests on a GPU skipped: the tensorflow engine is ${offer.description}`);

/** @param recurrent how sequences run. */
export function startTensorflow(recurrent: NonNullable<TensorflowSetup['recurrent']> = 'auto'): Promise<Engine> {
  return startEngine({ ...(chooseEngine('tensorflow').setup as TensorflowSetup), recurrent });
}

export const startWasm = (): Promise<Engine> => startEngine(chooseEngine('wasm').setup);
