import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { loadModel } from '@unroll/model/load-model.ts';
import { readArtifact } from '../artifact/read-artifact.ts';
import { withTestScores } from '../artifact/score-artifact.ts';
import { prepare } from '../data/prepare.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import { contendersTable } from '../results/contenders.ts';
import { measure, resultsOf } from '../results/results.ts';

/** Scores a model file on its recipe's test samples, which the file's own tokenizer and scaling encode. The file's seed decides the split. */
export async function evalCommand(path: string, options: { recipe?: string; seed?: number }): Promise<void> {
  const artifact = await readArtifact(path);
  const recipe = await loadRecipe(options.recipe ?? artifact.name);
  const prepared = prepare(recipe, options.seed ?? artifact.origin?.seed ?? 1, loadModel(artifact));
  if (artifact.origin && artifact.origin.data !== prepared.digest) {
    console.log('warning: the data are not those the model was trained on; some of its training rows may be among the test rows');
  }
  await startWasmBackend(compileWasmModules());
  const results = resultsOf(prepared, undefined);
  const contenders = measure(results, [{ name: path, artifact: withTestScores(artifact, prepared), bytes: artifact.bytes }]);
  console.log(contendersTable(contenders, prepared.task, results.unit));
}
