import type { Split } from '@unroll/datasets/split.ts';
import { layoutOf } from '@unroll/model/layout.ts';
import type { Model } from '@unroll/model/model.ts';
import { inputSent } from '@unroll/model/readers/input-sent.ts';
import { embeddingOf, featuresOf } from '@unroll/model/spec.ts';
import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import { decayParts } from '@unroll/model/weight-decay.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { countRows, type Sequences } from './sequences.ts';

/**
 * Checks that each embedding has a row for each id. A model file with fewer rows does not load, so the check comes before training.
 * @param sizes of the vocabularies, by input.
 */
export function checkVocabulary({ name }: Recipe, { spec, inputs }: Model, sizes: Readonly<Record<string, number>>): void {
  for (const [input, vocabularySize] of Object.entries(sizes)) {
    const embedding = embeddingOf(spec, input);
    if (inputs[input]?.type !== 'tokens' || !embedding || embedding.inputDim >= vocabularySize) continue;
    const [which, size] = spec.inputs ? [` of '${input}'`, `${input}.vocabularySize`] : ['', 'vocabularySize'];
    throw new Error(
      `recipe '${name}': its embedding${which} has ${embedding.inputDim} rows, its data hold ids up to ${vocabularySize - 1}; use inputDim: ${size}`,
    );
  }
}

/** Checks that the data have a trained model's classes, in the same order. */
export function checkLabels({ name }: Recipe, task: AnyTask, labels: readonly string[]): void {
  if (task.type !== 'classify' || labels.length === 0 || labels.join() === task.labels.join()) return;
  throw new Error(`recipe '${name}': its data hold the classes ${labels.join(', ')}; the model was trained on ${task.labels.join(', ')}`);
}

/** @param features floats per step of the data; 0 for ids. */
export function checkInput({ name }: Recipe, { spec }: Model, features: number): void {
  const wanted = featuresOf(inputSent(spec)[1]);
  if (wanted === features) return;
  const say = (width: number) => (width === 0 ? 'token ids' : `${width} numbers a step`);
  throw new Error(`recipe '${name}': its model reads ${say(wanted)}, its data hold ${say(features)}`);
}

export function checkFit({ name, training }: Recipe, { stateWidths, resumes }: Model, task: AnyTask, sequences: Sequences): void {
  if ((sequences.soft ? task.softTargetWidth : task.targetWidth) !== sequences.targetWidth) {
    throw new Error(
      `recipe '${name}': task '${task.type}' expects ${task.targetWidth} numbers a target, its data have ${sequences.targetWidth}`,
    );
  }
  if (task.targets === 'step' && sequences.targetsOf === 'sample') {
    throw new Error(`recipe '${name}': its model answers at every step, its data have one target per sample; use returnSequences: false`);
  }
  if ((task.targets === 'sequence') !== (sequences.targetsOf === 'sequence')) {
    const [wanted, got] = [task.targets, sequences.targetsOf].map((of) =>
      of === 'sequence' ? 'a list of labels' : `a target of each ${of}`,
    );
    throw new Error(`recipe '${name}': task '${task.type}' expects ${wanted}, its data have ${got}`);
  }
  if (training.bpttSteps !== undefined && 'others' in sequences) {
    throw new Error(`recipe '${name}': training.bpttSteps cuts one input into windows, its data have several inputs; remove it`);
  }
  if (training.bpttSteps !== undefined && (task.targets !== 'step' || !resumes || Object.keys(stateWidths).length === 0)) {
    throw new Error(
      `recipe '${name}': training.bpttSteps carries state from window to window; it needs a model that answers at every step, ` +
        'reads forwards only and has a recurrent layer',
    );
  }
}

/** Checks that targets are class indices, or finite numbers. */
export function checkTargets({ name }: Recipe, { output }: Model, task: AnyTask, sequences: Sequences): void {
  const classes = classesOf(task, output);
  if ('file' in sequences) {
    // Ids are checked as they are read.
    const { vocabularySize, path } = sequences.file;
    if (classes === undefined || classes >= vocabularySize) return;
    throw new Error(`recipe '${name}': its model tells ${classes} tokens apart, ${path} has ${vocabularySize}; use vocabularySize`);
  }
  const { targets, targetWidth, soft } = sequences;
  if (soft) return; // Probabilities are checked as they are loaded.
  for (const [i, value] of targets.entries()) {
    // A row that begins with NaN is not scored.
    if (Number.isNaN(value) && i % targetWidth === 0 && task.targets === 'step') continue;
    if (classes === undefined ? Number.isFinite(value) : Number.isInteger(value) && value >= 0 && value < classes) continue;
    const wanted = classes === undefined ? 'a number' : `a class from 0 to ${classes - 1}`;
    throw new Error(`recipe '${name}': the target in row ${Math.floor(i / targetWidth) + 1} of its data is ${value}; expected ${wanted}`);
  }
}

/** Checks that each part has at least one scored row. */
export function checkScored({ name }: Recipe, task: AnyTask, sequences: Sequences, split: Split): void {
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
  if (task.type === 'forecast' || task.type === 'regress') return undefined;
  if (task.type === 'transcribe') return task.spec.labels.length;
  if (task.type === 'classify') return task.targetWidth > 1 ? 2 : task.labels.length;
  return output.kind === 'ids' ? 0 : output.features;
}

/** @throws if no weight is trained, or if `excludeFromWeightDecay` names none. */
export function checkTrained(recipe: Recipe, model: Model): void {
  if (!model.weights.some(({ trainable }) => trainable)) {
    throw new Error(
      `recipe '${recipe.name}': every layer with weights has trainable: false, so there is nothing to train; remove it from one`,
    );
  }
  try {
    decayParts(layoutOf(model.weights), recipe.training.optimizer);
  } catch (error) {
    throw new Error(`recipe '${recipe.name}': ${(error as Error).message}`, { cause: error });
  }
}
