import { createHash } from 'node:crypto';
import type { Split } from '@unroll/datasets/split.ts';
import { openTextFile, textsInMemory } from '@unroll/datasets/text-source.ts';
import type { LoadedModel } from '@unroll/model/load-model.ts';
import { createModel, type Model } from '@unroll/model/model.ts';
import { readerOf } from '@unroll/model/readers/registry.ts';
import { embeddingOf, parseModelSpec } from '@unroll/model/spec.ts';
import { type AnyTask, taskOf } from '@unroll/model/tasks/registry.ts';
import type { LossOptions } from '@unroll/model/tasks/task.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { type PreparedCorpus, prepareCorpus } from './corpus.ts';
import { prepareEncoded } from './encoded.ts';
import { initialWeights } from './initial-weights.ts';
import { prepareNumbers } from './numbers.ts';
import { epochSamples, type PreparedData } from './prepared-data.ts';
import { countRows, type Sequences, targetOf } from './sequences.ts';
import { type PreparedSeries, prepareSeries } from './series.ts';
import { type PreparedTexts, prepareTexts } from './texts.ts';

type AnyData =
  | ({ type: 'texts' } & PreparedTexts)
  | ({ type: 'corpus' } & PreparedCorpus)
  | ({ type: 'series' } & PreparedSeries)
  | ({ type: 'encoded' } & PreparedData);

/** A recipe with its data loaded, split and encoded, and its model settled. */
export interface Prepared {
  recipe: Recipe;
  seed: number;
  data: AnyData;
  model: Model;
  task: AnyTask;
  sequences: Sequences;
  loss: LossOptions;
  /** The weights that training starts from, by name. */
  initial: () => Record<string, Float32Array>;
  /** SHA-256 of the encoded data and how it is split. */
  digest: string;
}

/**
 * Reads and encodes a recipe's data. What turns them into the model's input (columns, scaling, tokenizer) is in the model's artifact too.
 * @param trained a trained model to encode for, in place of the recipe's.
 * @throws if the data set, the model's spec or its sizes are wrong, or do not fit each other.
 */
export function prepare(recipe: Recipe, seed: number, trained?: Pick<LoadedModel, 'model' | 'tokenizer'>): Prepared {
  const read = readData(recipe, seed);
  const model = trained?.model ?? modelFor(recipe, read);
  const tokenizer = trained?.tokenizer ?? read.tokenizer;
  const task = taskOf(model);
  checkVocabulary(recipe, model, tokenizer?.vocabularySize ?? read.known.vocabularySize);
  if (trained) checkLabels(recipe, task, read.known.labels);
  const reader = readerOf(model.spec, tokenizer);
  const { sequences, split = read.split, warnings = [] } = read.encode({ spec: model.spec, task, tokenizer, reader });
  const data: AnyData = { ...read, ...(tokenizer && { tokenizer }), split, warnings: [...read.warnings, ...warnings] };
  checkFit(recipe, model, task, sequences);
  checkTargets(recipe, model, task, sequences);
  checkScored(recipe, task, sequences, data.split);
  const { labelSmoothing, classWeights } = recipe.training;
  const loss = { labelSmoothing, classWeights: classWeights === 'balanced' ? balanced(task, sequences, epochSamples(data)) : classWeights };
  task.trainingLoss(loss);
  const initial = initialWeights(recipe, model, tokenizer, seed);
  return { recipe, seed, data, model, task, sequences, loss, initial, digest: digestOf(sequences, split) };
}

/** The recipe's model for its data, whose columns and scaling become part of the spec. */
function modelFor(recipe: Recipe, { known, input }: PreparedData): Model {
  const spec = recipe.model(known, recipe.settings);
  const fitting = input && spec?.input?.type === input.type;
  return createModel(
    parseModelSpec(fitting ? { ...spec, input: { ...spec.input, ...input } } : spec, `the model of recipe '${recipe.name}'`),
  );
}

function readData(recipe: Recipe, seed: number): AnyData {
  const { data } = recipe;
  switch (data.type) {
    case 'texts':
      return { type: 'texts', ...prepareTexts(textsInMemory(data.load()), data, recipe, seed) };
    case 'textFile':
      return { type: 'texts', ...prepareTexts(openTextFile(data), data, recipe, seed), input: { type: 'tokens', column: data.text } };
    case 'numberFile':
      return { type: 'encoded', ...prepareNumbers(data, seed) };
    case 'corpus':
      return { type: 'corpus', ...prepareCorpus(data, recipe) };
    case 'series':
      return { type: 'series', ...prepareSeries(data) };
    case 'encoded':
      return { type: 'encoded', ...prepareEncoded(data, seed) };
  }
}

/** Loading refuses a model whose embedding has fewer rows than ids: after training it would be too late. */
function checkVocabulary({ name }: Recipe, { spec }: Model, vocabularySize: number): void {
  const embedding = embeddingOf(spec);
  if (spec.input.type !== 'tokens' || !embedding || embedding.inputDim >= vocabularySize) return;
  throw new Error(
    `recipe '${name}': its embedding has ${embedding.inputDim} rows, its data hold ids up to ${vocabularySize - 1}; use inputDim: vocabularySize`,
  );
}

/** The classes of data that a trained model is scored on must be those it learned, in the same order. */
function checkLabels({ name }: Recipe, task: AnyTask, labels: readonly string[]): void {
  if (task.type !== 'classify' || labels.length === 0 || labels.join() === task.labels.join()) return;
  throw new Error(`recipe '${name}': its data hold the classes ${labels.join(', ')}; the model was trained on ${task.labels.join(', ')}`);
}

function checkFit({ name, training }: Recipe, { spec, stateWidths, causal }: Model, task: AnyTask, sequences: Sequences): void {
  const { input } = spec;
  const wanted = input.type === 'tokens' ? 0 : input.features;
  if (wanted !== sequences.features) {
    const say = (features: number) => (features === 0 ? 'token ids' : `${features} numbers a step`);
    throw new Error(`recipe '${name}': its model reads ${say(wanted)}, its data holds ${say(sequences.features)}`);
  }
  if ((sequences.soft ? task.softTargetWidth : task.targetWidth) !== sequences.targetWidth) {
    throw new Error(`recipe '${name}': task '${task.type}' wants targets of ${task.targetWidth}, its data has ${sequences.targetWidth}`);
  }
  if (task.targets === 'step' && sequences.targetsOf === 'sample') {
    throw new Error(`recipe '${name}': its model answers at every step, its data has one target a sample; use returnSequences: false`);
  }
  if (training.bpttSteps !== undefined && (task.targets !== 'step' || !causal || Object.keys(stateWidths).length === 0)) {
    throw new Error(
      `recipe '${name}': training.bpttSteps carries state from window to window; it needs a model that answers at every step, ` +
        'reads forwards only and has a recurrent layer',
    );
  }
}

/** Class indices must be classes, and numbers numbers. */
function checkTargets({ name }: Recipe, { output }: Model, task: AnyTask, { targets, targetWidth, soft }: Sequences): void {
  if (soft) return; // Probabilities are checked as they are loaded.
  const classes = classesOf(task, output);
  for (const [i, value] of targets.entries()) {
    // A row that begins with NaN is not scored.
    if (Number.isNaN(value) && i % targetWidth === 0 && task.targets === 'step') continue;
    if (classes === undefined ? Number.isFinite(value) : Number.isInteger(value) && value >= 0 && value < classes) continue;
    const wanted = classes === undefined ? 'a number' : `a class from 0 to ${classes - 1}`;
    throw new Error(`recipe '${name}': the target in row ${Math.floor(i / targetWidth) + 1} of its data is ${value}; expected ${wanted}`);
  }
}

/** Each part needs a scored row: no loss is a mean over nothing. */
function checkScored({ name }: Recipe, task: AnyTask, sequences: Sequences, split: Split): void {
  for (const part of ['train', 'validation', 'test'] as const) {
    const samples = split[part];
    if (samples.some((sample) => countRows(sequences, sample, task.targets) > 0)) continue;
    throw new Error(
      `recipe '${name}': none of the ${samples.length} samples of the ${part} part has a target that is not NaN; ` +
        'give it samples with targets, or change data.validation and data.test',
    );
  }
}

function classesOf(task: AnyTask, output: Model['output']): number | undefined {
  if (task.type === 'forecast') return undefined;
  if (task.type === 'classify') return task.targetWidth > 1 ? 2 : task.labels.length;
  return output.kind === 'ids' ? 0 : output.features;
}

/**
 * n / (classes · n_c) over the samples of an epoch (King & Zeng, 2001), as class_weight='balanced' of scikit-learn. A sample with
 * probabilities counts as that much of each class.
 */
function balanced(task: AnyTask, sequences: Sequences, samples: Int32Array): number[] {
  const classes = task.type === 'classify' ? task.labels.length : 0;
  if (classes === 0 || (sequences.targetWidth > 1 && !sequences.soft))
    throw new Error(`task '${task.type}': training.classWeights 'balanced' needs one class a sample`);
  const counts = new Array<number>(classes).fill(0);
  for (const sample of samples) {
    for (const [label, amount] of classShares(targetOf(sequences, sample), sequences.soft ?? false)) {
      counts[label] = (counts[label] as number) + amount;
    }
  }
  return counts.map((count) => samples.length / (classes * Math.max(1, count)));
}

/** How much of each class a target is. */
function classShares(target: Float32Array, soft: boolean): Iterable<[label: number, amount: number]> {
  const [value = 0] = target;
  if (!soft) return [[value, 1]];
  return (target.length > 1 ? [...target] : [1 - value, value]).entries();
}

function digestOf({ inputs, starts, lengths, targets }: Sequences, split: Split): string {
  const hash = createHash('sha256');
  for (const array of [inputs, starts, lengths, targets, split.train, split.validation, split.test]) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('hex');
}
