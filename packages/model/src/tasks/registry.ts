import * as v from 'valibot';
import type { Shape } from '../layers/layer.ts';
import type { WeightSpec } from '../weights/weight.ts';
import { type BatchScoring, byRows } from './batch-scoring.ts';
import { type Classification, type ClassifyTask, classification, classify, classifySpec } from './classify.ts';
import { type CrfTagTask, crfTag, crfWeights } from './crf-tag.ts';
import { type Forecast, type ForecastTask, forecast, forecastAnswer, forecastSpec } from './forecast.ts';
import { type GenerateTask, generate, generateSpec, type NextToken, nextToken } from './generate.ts';
import { type Regression, type RegressTask, regress, regression, regressSpec } from './regress.ts';
import { type Tagging, type TagTask, tag, tagging, tagSpec } from './tag.ts';
import { type TranscribeTask, type Transcription, transcribe, transcribeSpec, transcription } from './transcribe.ts';
import { type TranslateTask, type Translation, translate, translateSpec, translation } from './translate.ts';

/** Every task of a ModelSpec. A new task is a file beside this one, an option here, its prediction below and a case in `taskOf`. */
export const taskSpec = v.variant('type', [classifySpec, tagSpec, generateSpec, forecastSpec, regressSpec, translateSpec, transcribeSpec]);
export type TaskSpec = v.InferOutput<typeof taskSpec>;
export type AnyTask = (ClassifyTask | TagTask | CrfTagTask | GenerateTask | ForecastTask | RegressTask | TranslateTask | TranscribeTask) &
  BatchScoring;

/** The schema of each task's predictions, for APIs. */
export const predictionSchemas = {
  classify: classification,
  tag: tagging,
  generate: nextToken,
  forecast: forecastAnswer,
  regress: regression,
  translate: translation,
  transcribe: transcription,
} as const;
export type AnyPrediction = Classification | Tagging | NextToken | Forecast | Regression | Translation | Transcription;

/** The tasks of a ModelSpec. */
interface TasksOf {
  task?: TaskSpec;
  outputs?: Readonly<Record<string, { task: TaskSpec }>>;
}

/** The task of a model with one output. @throws an error with the names of the outputs if there are several. */
export function onlyTaskOf({ task, outputs = {} }: TasksOf): TaskSpec {
  const [first, ...more] = Object.values(outputs);
  if (more.length > 0) throw new Error(`model spec: expected one output, got ${Object.keys(outputs).join(', ')}`);
  return task ?? (first?.task as TaskSpec);
}

/** The weights that tasks have themselves, by full name. */
export const taskWeights = ({ task, outputs = {} }: TasksOf): WeightSpec[] =>
  [...(task ? [task] : []), ...Object.values(outputs).map((output) => output.task)].flatMap((each) =>
    each.type === 'tag' && each.crf ? crfWeights(each) : [],
  );

/** The inputs that a person sends: all but those that a task fills in itself. */
export function inputsSent(spec: TasksOf, inputs: readonly string[]): readonly string[] {
  const task = onlyTaskOf(spec);
  return task.type === 'translate' ? inputs.filter((name) => name !== task.target) : inputs;
}

/** What a task must know of a model. */
interface TaskModel {
  spec: TasksOf;
  inputs: Readonly<Record<string, { maxLength: number }>>;
  output: Shape;
  causal: boolean;
  streamed: readonly string[];
  notResumable?: string;
  outputSteps(steps: number): number;
}

/**
 * The task of a model.
 * @param textOf the text of a token, for answers that name tokens.
 * @throws if the model's output does not fit it.
 */
export function taskOf(model: TaskModel, textOf?: (id: number) => string): AnyTask {
  const { spec, output, causal } = model;
  const task = onlyTaskOf(spec);
  switch (task.type) {
    case 'classify':
      return byRows(classify(task, output));
    case 'tag':
      expectEveryStep(task.type, model);
      return task.crf ? crfTag(task, output) : byRows(tag(task, output));
    case 'generate':
      return byRows(generate(output, causal, textOf));
    case 'forecast':
      return byRows(forecast(task, output));
    case 'translate':
      return byRows(translate(task, output, model));
    case 'transcribe':
      return transcribe(task, output);
    case 'regress':
      expectEveryStep(task.type, model);
      return byRows(regress(task, output));
  }
}

/** @throws if the last layer gives more or fewer steps than the model reads. */
function expectEveryStep(type: string, { inputs, output, outputSteps }: TaskModel): void {
  if (output.kind !== 'sequence') return;
  const longest = Math.max(...Object.values(inputs).map(({ maxLength }) => maxLength));
  const lengths = output.steps === undefined ? [longest, longest + 1] : [longest];
  const wrong = lengths.find((steps) => outputSteps(steps) !== steps);
  if (wrong === undefined) return;
  throw new Error(
    `task '${type}': expected the last layer to give a step for each step of the input, got ${outputSteps(wrong)} for ${wrong}; ` +
      "use strides 1 and padding 'same' or 'causal', or upSampling1d",
  );
}
