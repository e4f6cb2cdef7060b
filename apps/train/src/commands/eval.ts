import { startEngine } from '@unroll/backend/start-engine.ts';
import { readArtifact } from '../artifact/read-artifact.ts';
import { withTestScores } from '../artifact/score-artifact.ts';
import { contendersTable } from '../results/contenders.ts';
import { measure, metricsOf, resultsOf } from '../results/results.ts';
import { engineFor } from './engine-for.ts';
import { type Cli, engineOption, wholeNumber } from './options.ts';
import { prepareForModel } from './recipe-of-model.ts';

/** Scores a model file on its recipe's test samples. */
export async function evalCommand(path: string, options: { recipe?: string; seed?: number }): Promise<void> {
  const artifact = await readArtifact(path);
  const prepared = await prepareForModel(path, artifact, options.recipe, options.seed);
  await startEngine(engineFor(artifact, prepared.recipe.training.engine).setup);
  const results = resultsOf(prepared, undefined);
  const contenders = measure(results, [{ name: path, artifact: withTestScores(artifact, prepared), bytes: artifact.bytes }]);
  console.log(contendersTable(contenders, metricsOf(results, prepared), results.unit));
}

export function addEval({ program }: Cli): void {
  program
    .command('eval')
    .description("score a model file on its recipe's test samples")
    .argument('<model>', 'a model.safetensors or best.safetensors')
    .option('--recipe <recipe>', "the recipe (default: from the model's run or its name)")
    .option('--seed <number>', "the seed it was trained with (default: the file's)", wholeNumber)
    .addOption(engineOption)
    .action(evalCommand);
}
