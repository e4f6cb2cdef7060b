import { z } from 'zod';
import type { Model } from '../model.ts';
import { type Classification, classify, classifySpec } from './classify.ts';
import type { Task } from './task.ts';

/** Every task a ModelSpec may name. A new task is a file beside this one, an option here and a case below. */
export const taskSpec = z.discriminatedUnion('type', [classifySpec]);
export type TaskSpec = z.infer<typeof taskSpec>;
export type Prediction = Classification;

/** The task of a model. @throws if the model's output does not fit it. */
export function taskOf({ spec, output }: Model): Task<Prediction> {
  switch (spec.task.type) {
    case 'classify':
      return classify(spec.task, output);
  }
}
