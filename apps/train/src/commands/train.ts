import { existsSync, mkdirSync } from 'node:fs';
import { availableParallelism, cpus, release, type } from 'node:os';
import { relative } from 'node:path';
import { encodeArtifact } from '@unroll/artifact/artifact.ts';
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { layoutOf } from '@unroll/model/layout.ts';
import { checkMemory } from '../check-memory.ts';
import { type Contender, contendersTable, measureArtifact, measureNaiveBayes } from '../compare.ts';
import { quantizeArtifact, toArtifact } from '../export.ts';
import { type Prepared, prepare, textOf } from '../prepare.ts';
import { createProgress } from '../progress.ts';
import { loadRecipe, type Recipe, type TrainingSpec } from '../recipe.ts';
import { renderReport } from '../report/report.ts';
import { createRunDirectory, type RunDirectory } from '../run-directory.ts';
import { TrainingDiverged, type TrainResult, train } from '../train.ts';
import { writeAtomically } from '../write-atomically.ts';

export interface TrainCommandOptions {
  seed: number;
  /** All cores if left out. */
  workers?: number;
  /** Instead of the recipe's. */
  epochs?: number;
  /** Directory that gets runs/<id>. */
  runs: string;
  signal: AbortSignal;
}

export interface Trained {
  /** Path of the int8 model. */
  model: string;
  contenders: Contender[];
}

/**
 * Trains a recipe, quantizes the result, compares and reports.
 * @returns undefined when training was interrupted.
 */
export async function trainCommand(nameOrPath: string, options: TrainCommandOptions): Promise<Trained | undefined> {
  const { seed, signal } = options;
  const recipe = await loadRecipe(nameOrPath);
  const training = { ...recipe.training, ...(options.epochs !== undefined && { epochs: options.epochs }) };
  const workers = options.workers ?? availableParallelism();
  const prepared = prepare(recipe, seed);
  checkMemory(workers, layoutOf(prepared.model.weights).length, training.shards, process.availableMemory());

  mkdirSync(options.runs, { recursive: true });
  const run = createRunDirectory(options.runs, recipe.name, new Date());
  const createdAt = new Date().toISOString();
  const { dataset, split } = prepared;
  console.log(`${recipe.name}: ${recipe.description}`);
  console.log(
    `${split.train.length} training, ${split.validation.length} validation, ${split.test.length} test samples, ${prepared.tokenizer.vocabularySize} words`,
  );

  const progress = createProgress(process.stdout, training.epochs);
  let result: TrainResult;
  try {
    result = await train(prepared, training, {
      seed,
      workers,
      wasm: compileWasmModules(),
      signal,
      onEvent(event) {
        progress.onEvent(event);
        if (event.type === 'epoch') run.log(event);
      },
      async onBest(parameters, metrics) {
        const scores = { validationAccuracy: metrics.validationAccuracy, validationLoss: metrics.validationLoss };
        const { bytes } = await encodeArtifact(toArtifact(prepared, parameters, { name: recipe.name, metrics: scores, createdAt }));
        await writeAtomically(run.checkpoint, bytes);
      },
    });
  } catch (error) {
    if (error instanceof TrainingDiverged) error.message += checkpointNote(run, existsSync(run.checkpoint));
    throw error;
  } finally {
    progress.done();
  }

  const { test, best } = result;
  if (!test || !best) {
    console.log(`\nInterrupted.${checkpointNote(run, best !== undefined)}`);
    return undefined;
  }
  const reason = result.stopped === 'early' ? 'stopped early: no better validation score' : 'all epochs done';
  console.log(`\nFinished after ${result.history.length} epochs (${reason}); best is epoch ${best.epoch}.`);

  const metrics = { accuracy: test.accuracy, loss: test.loss };
  const float = toArtifact(prepared, result.parameters, { name: recipe.name, metrics, createdAt });
  const int8 = quantizeArtifact(float);
  const [floatFile, int8File] = await Promise.all([encodeArtifact(float), encodeArtifact(int8)]);
  await writeAtomically(run.checkpoint, floatFile.bytes);
  await writeAtomically(run.model, int8File.bytes);

  await startWasmBackend(compileWasmModules());
  const contenders = [
    measureArtifact('float32', float, floatFile.bytes.length, prepared),
    measureArtifact('int8', int8, int8File.bytes.length, prepared),
    measureNaiveBayes(prepared),
  ];
  console.log(contendersTable(contenders, test.samples));
  const epochs = options.epochs === undefined ? '' : ` --epochs ${options.epochs}`;
  const command = `npm run unroll -- train ${nameOrPath} --seed ${seed}${epochs}`;
  await writeAtomically(run.report, await report({ recipe, training, prepared, run, result, contenders, command, seed, workers }));

  const shown = (path: string) => relative(process.cwd(), path);
  console.log(`model       ${shown(run.model)}\ncheckpoint  ${shown(run.checkpoint)}\nreport      ${shown(run.report)}\n`);
  console.log(`Data: ${dataset.source}`);
  return { model: run.model, contenders };
}

function checkpointNote(run: RunDirectory, saved: boolean): string {
  const path = relative(process.cwd(), run.checkpoint);
  return saved ? ` The best weights so far are kept in ${path}.` : ' No epoch was finished, so no weights were kept.';
}

function report(about: {
  recipe: Recipe;
  training: TrainingSpec;
  prepared: Prepared;
  run: RunDirectory;
  result: TrainResult;
  contenders: Contender[];
  command: string;
  seed: number;
  workers: number;
}): Promise<string> {
  const { recipe, training, prepared, run, result, contenders, command, seed, workers } = about;
  const { dataset, model, tokenizer } = prepared;
  const { optimizer, clipNorm, earlyStopping, ...rest } = training;
  const options = (value: object) =>
    Object.entries(value)
      .map(([name, setting]) => `${name} ${JSON.stringify(setting)}`)
      .join(', ');
  return renderReport({
    title: `${recipe.name} · ${run.id}`,
    description: recipe.description,
    settings: [
      ['layers', model.spec.layers.map(({ type, ...layer }) => `${type} (${options(layer)})`).join(' → ')],
      ['parameters', layoutOf(model.weights).length.toLocaleString('en')],
      ['vocabulary', tokenizer.vocabularySize.toLocaleString('en')],
      ['training', options(rest)],
      ['optimizer', options(optimizer)],
      ['clipNorm', String(clipNorm ?? 'off')],
      ['early stopping', earlyStopping ? options(earlyStopping) : 'off'],
      ['seed', String(seed)],
      ['workers', String(workers)],
      ['kernels', chooseKernels().mode],
      ['machine', `${cpus()[0]?.model ?? 'unknown CPU'}, ${availableParallelism()} cores, ${type()} ${release()}, Node ${process.version}`],
    ],
    command,
    history: result.history,
    contenders,
    test: result.test as NonNullable<TrainResult['test']>,
    labels: dataset.labels,
    textOf: (sample) => textOf(dataset, sample),
    source: dataset.source,
  });
}
