import { z } from 'zod';
import type { Model } from '../model.ts';
import { type ClassifyTask, classify, classifySpec } from './classify.ts';
import { type ForecastTask, forecast, forecastSpec } from './forecast.ts';
import { type GenerateTask, generate, generateSpec } from './generate.ts';
import { type TagTask, tag, tagSpec } from './tag.ts';

/** Every task a ModelSpec may name. A new task is a file beside this one, an option here and a case below. */
export const taskSpec = z.discriminatedUnion('type', [classifySpec, tagSpec, generateSpec, forecastSpec]);
export type TaskSpec = z.infer<typeof taskSpec>;
export type AnyTask = ClassifyTask | TagTask | GenerateTask | ForecastTask;

/** The task of a model. @throws if the model's output does not fit it. */
export function taskOf({ spec, output, causal }: Pick<Model, 'spec' | 'output' | 'causal'>): AnyTask {
  switch (spec.task.type) {
    case 'classify':
      return classify(spec.task, output);
    case 'tag':
      return tag(spec.task, output);
    case 'generate':
      return generate(output, causal);
    case 'forecast':
      return forecast(spec.task, output);
  }
}
