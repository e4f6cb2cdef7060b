import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { loadModel } from '@unroll/model/load-model.ts';
import { quantize } from '../artifact/quantize.ts';
import { readArtifact } from '../artifact/read-artifact.ts';
import { prepare } from '../data/prepare.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { quantizationTable, verdict } from '../results/quantization.ts';
import { writeAtomically } from '../run/write-atomically.ts';

/** Writes a float32 model's int8 form, chosen and proved on the validation samples of its recipe. */
export async function quantizeCommand(path: string, output: string, options: { recipe?: string; budget?: number }): Promise<void> {
  const { digest: _, bytes: before, ...artifact } = await readArtifact(path);
  const prepared = prepare(await loadRecipe(options.recipe ?? artifact.name), artifact.origin?.seed ?? 1, loadModel(artifact));
  if (artifact.origin && artifact.origin.data !== prepared.digest) {
    console.log('warning: the data are not those the model was trained on; other rows may be its validation samples');
  }
  await startWasmBackend(compileWasmModules());
  const quantized = quantize(prepared, artifact, options.budget);
  const { bytes } = await encodeArtifact(quantized.artifact);
  await writeAtomically(output, bytes);
  console.log(quantizationTable(quantized));
  console.log(verdict(quantized, prepared.task.metricInfo[quantized.metric]));
  const share = Math.round((bytes.length / before) * 100);
  console.log(`${output}: ${bytes.length.toLocaleString('en')} bytes, ${share} % of ${path}`);
}
