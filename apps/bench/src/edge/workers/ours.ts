/** The edge app's prediction alone in a Worker, with the same kernels and the same predictor. */

import { decodeArtifact } from '@unroll/artifact/artifact.ts';
import tfjs from '@unroll/backend/tfjs-serving.wasm';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import kernels from '@unroll/kernels/serving.wasm';
import { createPredictor, type Predictor } from '@unroll/model/predictor.ts';
import type { Classification } from '@unroll/model/tasks/classify.ts';
import { textOf } from '../bench-model.ts';
import model from './model.bin';
import { timed } from './timed.ts';

let predictor: Predictor | undefined;

export default timed(async () => {
  await startWasmBackend({ tfjs, kernels });
  predictor = createPredictor(await decodeArtifact(new Uint8Array(model)));
  const { predict } = predictor;
  return (number) => {
    const [answer] = predict([textOf(number)]).predictions as Classification[];
    return answer?.probabilities.yes ?? Number.NaN;
  };
});
