import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { quantize } from '../artifact/quantize.ts';
import { readArtifact } from '../artifact/read-artifact.ts';
import { quantizationTable, verdict } from '../results/quantization.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { anyNumber, type Cli } from './options.ts';
import { prepareForModel } from './recipe-of-model.ts';

/** Quantizes a float32 model to int8 and checks it on the validation samples of its recipe. */
export async function quantizeCommand(path: string, output: string, options: { recipe?: string; budget?: number }): Promise<void> {
  const { digest: _, bytes: before, ...artifact } = await readArtifact(path);
  const prepared = await prepareForModel(path, artifact, options.recipe);
  await startEngine(chooseEngine('wasm').setup);
  const quantized = quantize(prepared, artifact, options.budget);
  const { bytes } = await encodeArtifact(quantized.artifact);
  await writeAtomically(output, bytes);
  console.log(quantizationTable(quantized));
  console.log(verdict(quantized, prepared.task.metricInfo[quantized.metric]));
  const percent = Math.round((bytes.length / before) * 100);
  console.log(`${output}: ${bytes.length.toLocaleString('en')} bytes, ${percent} % of ${path}`);
}

export function addQuantize({ program }: Cli): void {
  program
    .command('quantize')
    .description('quantize a float32 model to int8, checked on its validation samples')
    .argument('<model>', 'a best.safetensors')
    .argument('<output>', 'the path of the int8 model')
    .option('--recipe <recipe>', "the recipe (default: from the model's run or its name)")
    .option('--budget <number>', "how far the task's first metric may drop (default: half a point, or 1 %)", anyNumber)
    .action(quantizeCommand);
}
