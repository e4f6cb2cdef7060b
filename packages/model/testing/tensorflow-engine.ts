/** The tensorflow engine for tests. Without it they are skipped, and one line says why. */
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { Engine, TensorflowSetup } from '@unroll/backend/engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';

const offer = engines.tensorflow();
/** Whether to test every combination of options, which takes minutes. */
export const everyOption = process.env.UNROLL_TEST_EVERY_OPTION === '1';
const needsGpu = process.env.UNROLL_TEST_GPU === '1';

/** Whether the tests can run here. With UNROLL_TEST_GPU=1 they need a GPU. */
export const hasTensorflow = offer.available && (offer.device === 'gpu' || !needsGpu);
export const onGpu = offer.available && offer.device === 'gpu';

if (needsGpu && !onGpu) console.log(`tests on a GPU skipped: ${offer.available ? offer.description : whyNoGpu()}`);
else if (!offer.available) console.log(`tests of the tensorflow engine skipped: ${offer.description}. ${offer.missing}`);

function whyNoGpu(): string {
  return offer.idleGpu
    ? `there is ${offer.idleGpu}, but not the engine for it. ${offer.available ? '' : offer.missing}`
    : 'nvidia-smi lists no GPU';
}

export const tensorflowSetup = () => chooseEngine('tensorflow').setup as TensorflowSetup;

/** @param recurrent how sequences run. */
export function startTensorflow(recurrent: NonNullable<TensorflowSetup['recurrent']> = 'auto'): Promise<Engine> {
  return startEngine({ ...tensorflowSetup(), recurrent });
}

export const startWasm = (): Promise<Engine> => startEngine(chooseEngine('wasm').setup);
