import { createHash } from 'node:crypto';
import { openPairFile, pairsInMemory } from '@unroll/datasets/pairs.ts';
import type { Split } from '@unroll/datasets/split.ts';
import { openTextFile, textsInMemory } from '@unroll/datasets/text-source.ts';
import { readWordVectors } from '@unroll/datasets/word-vector-file.ts';
import type { WordVectors } from '@unroll/datasets/word-vectors.ts';
import type { LoadedModel } from '@unroll/model/load-model.ts';
import { createModel, type Model } from '@unroll/model/model.ts';
import { inputSent } from '@unroll/model/readers/input-sent.ts';
import { readerOf } from '@unroll/model/readers/registry.ts';
import { type InputSpec, parseModelSpec } from '@unroll/model/spec.ts';
import { type GatheredMetrics, gatheredMetrics } from '@unroll/model/tasks/gathered-metrics.ts';
import { type AnyTask, onlyTaskOf, taskOf } from '@unroll/model/tasks/registry.ts';
import type { LossOptions } from '@unroll/model/tasks/task.ts';
import { trainingLossesOf } from '@unroll/model/tasks/training-loss.ts';
import type { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { checkFit, checkInput, checkLabels, checkScored, checkTargets, checkTrained, checkVocabulary } from './check-fit.ts';
import { balancedClassWeights } from './class-weights.ts';
import { type PreparedCorpus, prepareCorpus } from './corpus.ts';
import { prepareEncoded } from './encoded.ts';
import { withoutImpossible } from './impossible-targets.ts';
import { initialWeights } from './initial-weights.ts';
import { prepareNumbers } from './numbers.ts';
import { type PreparedPairs, preparePairs } from './pairs.ts';
import { epochSamples, type PreparedData } from './prepared-data.ts';
import type { Sequences } from './sequences.ts';
import { type PreparedSeries, prepareSeries } from './series.ts';
import { type PreparedTexts, prepareTexts } from './texts.ts';
import { prepareTokenFile } from './token-file.ts';

type AnyData =
  | ({ type: 'texts' } & PreparedTexts)
  | ({ type: 'pairs' } & PreparedPairs)
  | ({ type: 'corpus' | 'tokenFile' } & PreparedCorpus)
  | ({ type: 'series' } & PreparedSeries)
  | ({ type: 'encoded' } & PreparedData);

/** A recipe with its data loaded, split and encoded, and with its final model. */
export interface Prepared {
  recipe: Recipe;
  seed: number;
  data: AnyData;
  model: Model;
  task: AnyTask;
  sequences: Sequences;
  /** The metrics that `training.metrics` names. */
  gathered: GatheredMetrics;
  loss: LossOptions;
  /** The weights that training starts from, by name. */
  initial: () => Record<string, Float32Array>;
  /** SHA-256 of the encoded data and the split. */
  digest: string;
}

/**
 * Reads and encodes a recipe's data with the reader of the future artifact: its tokenizers, columns and scaling.
 * @param trained encodes for this trained model instead of the recipe's.
 * @throws if the data set or the model's spec is wrong, or if their sizes do not match.
 */
export function prepare(recipe: Recipe, seed: number, trained?: Pick<LoadedModel, 'model' | 'tokenizer'> & Partial<LoadedModel>): Prepared {
  const read = readData(recipe, seed);
  const model = trained?.model ?? modelFor(recipe, read);
  const own = taskOf(model);
  const { sent, tokenizer, targetTokenizer } = tokenizersOf(model, read, trained);
  const gathered = gatheredOf(recipe, own, read);
  const task: AnyTask = { ...own, metricInfo: { ...own.metricInfo, ...gathered.metrics } };
  const reader = readerOf(model.spec, tokenizer);
  checkInput(recipe, model, read.known.features);
  checkVocabulary(recipe, model, {
    [sent]: tokenizer?.vocabularySize ?? read.known.vocabularySize,
    ...(own.type === 'translate' && { [own.spec.target]: Math.max(own.spec.start, own.spec.end) + 1 }),
  });
  if (trained) checkLabels(recipe, task, read.known.labels);
  const encoded = read.encode({ spec: model.spec, task, tokenizer, targetTokenizer, reader });
  const { sequences, warnings = [] } = encoded;
  checkFit(recipe, model, task, sequences);
  checkTargets(recipe, model, task, sequences);
  const { split, warnings: impossible } = withoutImpossible(recipe.name, { model, task, sequences, split: encoded.split ?? read.split });
  const vectors = trained ? undefined : wordVectorsOf(recipe, tokenizer);
  const unlike = vectors && tokenizer ? unlikeVectors(recipe, vectors, tokenizer) : [];
  const source = [read.source, ...(vectors ? [vectors.source] : [])].join('; ');
  const data: AnyData = {
    ...read,
    ...(tokenizer && { tokenizer }),
    ...(targetTokenizer && { targetTokenizer }),
    split,
    source,
    warnings: [...read.warnings, ...warnings, ...impossible, ...unlike],
  };
  checkTrained(recipe, model);
  checkScored(recipe, task, sequences, data.split);
  const { labelSmoothing, classWeights } = recipe.training;
  const loss = {
    labelSmoothing,
    classWeights: classWeights === 'balanced' ? balancedClassWeights(task, sequences, epochSamples(data)) : classWeights,
  };
  trainingLossesOf(task, recipe.training.loss, loss);
  const initial = initialWeights({ recipe, model, tokenizer, vectors, seed });
  return { recipe, seed, data, model, task, gathered, sequences, loss, initial, digest: digestOf(sequences, split) };
}

/** The tokenizers of the trained model or the data: of the input that a person sends, and of what a translation is written with. */
function tokenizersOf({ spec }: Model, read: PreparedData, { tokenizer, tokenizers = {} }: Partial<LoadedModel> = {}) {
  const [sent] = inputSent(spec);
  const task = onlyTaskOf(spec);
  const written = task.type === 'translate' ? tokenizers[task.target] : undefined;
  return { sent, tokenizer: tokenizers[sent] ?? tokenizer ?? read.tokenizer, targetTokenizer: written ?? read.targetTokenizer };
}

function gatheredOf({ name, training: { metrics = [] } }: Recipe, task: AnyTask, read: AnyData): GatheredMetrics {
  if (metrics.includes('mase') && read.type !== 'series') {
    throw new Error(`recipe '${name}': training.metrics: 'mase' compares with the last value of a series; its data are no series`);
  }
  return gatheredMetrics(task, metrics, read.type === 'series' ? read.naiveErrors : undefined);
}

/** The recipe's word vectors; of a file, those of the tokenizer's words. */
function wordVectorsOf({ wordVectors, settings }: Recipe, tokenizer: Tokenizer | undefined): WordVectors | undefined {
  const given = wordVectors?.(settings);
  return given && 'path' in given ? readWordVectors(given, wordsOf(tokenizer)) : given;
}

/** A warning if few of the data's words have a vector: the two may differ in case, language or how they split words. */
function unlikeVectors({ name }: Recipe, vectors: WordVectors, tokenizer: Tokenizer): string[] {
  const words = wordsOf(tokenizer);
  const missing = words.filter((word) => vectors.of(word) === undefined);
  const found = words.length - missing.length;
  if (found >= words.length / 2) return [];
  const reason = 'do the vectors have the case and the language of the data?';
  return [`${name}: only ${found} of ${words.length} words have a vector (without one: '${missing[0]}'); ${reason}`];
}

/** The words with an id in the embedding. */
function wordsOf(tokenizer: Tokenizer | undefined): string[] {
  if (!tokenizer) return [];
  return [...tokenizer.wordIndex].filter(([, id]) => id < tokenizer.vocabularySize).map(([word]) => word);
}

/** The recipe's model for its data. The data's columns and scaling become part of the spec. */
function modelFor(recipe: Recipe, { known, input }: PreparedData): Model {
  const spec = recipe.model(known, recipe.settings);
  const fitting = input && spec?.input?.type === input.type;
  const parsed = parseModelSpec(fitting ? { ...spec, input: { ...spec.input, ...input } } : spec, `the model of recipe '${recipe.name}'`);
  if (!input || !parsed.inputs) return createModel(parsed);
  const [name, own] = inputSent(parsed);
  const filled = own.type === input.type ? ({ ...own, ...input } as InputSpec) : own;
  return createModel({ ...parsed, inputs: { ...parsed.inputs, [name]: filled } });
}

function readData(recipe: Recipe, seed: number): AnyData {
  const { data } = recipe;
  switch (data.type) {
    case 'texts':
      return { type: 'texts', ...prepareTexts(textsInMemory(data.load()), data, recipe, seed) };
    case 'textFile':
      return { type: 'texts', ...prepareTexts(openTextFile(data), data, recipe, seed), input: { type: 'tokens', column: data.text } };
    case 'pairs':
      return { type: 'pairs', ...preparePairs(pairsInMemory(data.load()), data, recipe, seed) };
    case 'pairFile':
      return { type: 'pairs', ...preparePairs(openPairFile(data), data, recipe, seed), input: { type: 'tokens', column: data.source } };
    case 'numberFile':
      return { type: 'encoded', ...prepareNumbers(data, seed) };
    case 'corpus':
      return { type: 'corpus', ...prepareCorpus(data, recipe) };
    case 'tokenFile':
      return { type: 'tokenFile', ...prepareTokenFile(data, recipe) };
    case 'series':
      return { type: 'series', ...prepareSeries(data) };
    case 'encoded':
      return { type: 'encoded', ...prepareEncoded(data, seed) };
  }
}

function digestOf(sequences: Sequences, split: Split): string {
  if ('file' in sequences) return sequences.file.digest;
  const { inputs, starts, lengths, targets, others = {}, targetStarts, targetLengths } = sequences;
  const hash = createHash('sha256');
  const more = Object.values(others).flatMap((other) => [other.inputs, other.starts, other.lengths]);
  const ragged = targetStarts && targetLengths ? [targetStarts, targetLengths] : [];
  for (const array of [inputs, starts, lengths, targets, split.train, split.validation, split.test, ...more, ...ragged]) {
    hash.update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  return hash.digest('hex');
}
