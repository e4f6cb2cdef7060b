import { type Split, stratifiedSplit } from '@unroll/datasets/split.ts';
import { checkDataset, type TextDataset } from '@unroll/datasets/text-sample.ts';
import { createModel, type Model } from '@unroll/model/model.ts';
import { createRandom } from '@unroll/model/random.ts';
import { parseModelSpec } from '@unroll/model/spec.ts';
import { type Prediction, taskOf } from '@unroll/model/tasks/registry.ts';
import type { Task } from '@unroll/model/tasks/task.ts';
import { Tokenizer } from '@unroll/text/tokenizer.ts';
import type { Recipe } from './recipe.ts';
import { type Samples, shareSamples } from './samples.ts';

/** A recipe with its data loaded, split and encoded, and its model settled. */
export interface Prepared {
  dataset: TextDataset;
  split: Split;
  tokenizer: Tokenizer;
  model: Model;
  task: Task<Prediction>;
  samples: Samples;
}

/**
 * The tokenizer sees training texts only. The split depends on the seed.
 * @throws if the data set, the model's spec or its sizes do not hold.
 */
export function prepare(recipe: Recipe, seed: number): Prepared {
  const dataset = recipe.data.load();
  checkDataset(dataset);
  const labels = dataset.samples.map(({ label }) => label);
  const split = stratifiedSplit(labels, recipe.data, (n) => createRandom(seed, 'split').permutation(n));

  const tokenizer = new Tokenizer(recipe.tokenizer);
  tokenizer.fitOnTexts(Array.from(split.train, (i) => textOf(dataset, i)));
  const known = { vocabularySize: tokenizer.vocabularySize, labels: dataset.labels };
  const model = createModel(parseModelSpec(recipe.model(known), `the model of recipe '${recipe.name}'`));
  const task = taskOf(model);

  const sequences = tokenizer.textsToSequences(dataset.samples.map(({ text }) => text));
  const targets = labels.map((label) =>
    task.targetWidth === 1 ? [label] : Array.from({ length: task.targetWidth }, (_, i) => (i === label ? 1 : 0)),
  );
  const samples = shareSamples(sequences, targets, model.spec.input.maxLength);
  return { dataset, split, tokenizer, model, task, samples };
}

/** The text of sample i. */
export function textOf({ samples }: TextDataset, i: number): string {
  return (samples[i] as { text: string }).text;
}
