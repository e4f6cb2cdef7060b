import * as v from 'valibot';
import { adadelta, adadeltaSpec } from './optimizers/adadelta.ts';
import { adagrad, adagradSpec } from './optimizers/adagrad.ts';
import { adam, adamSpec, adamWSpec } from './optimizers/adam.ts';
import { lion, lionSpec } from './optimizers/lion.ts';
import { nadam, nadamSpec } from './optimizers/nadam.ts';
import type { Optimizer } from './optimizers/optimizer.ts';
import { rmsprop, rmspropSpec } from './optimizers/rmsprop.ts';
import { sgd, sgdSpec } from './optimizers/sgd.ts';

export type { Optimizer };

/** Keras 3's optimizers with its names and defaults. A new one is a file in optimizers/, a line here and a case below. */
export const optimizerSpec = v.variant('type', [sgdSpec, rmspropSpec, adamSpec, adamWSpec, nadamSpec, adagradSpec, adadeltaSpec, lionSpec]);
export type OptimizerSpec = v.InferOutput<typeof optimizerSpec>;

/** The optimizer of a spec. The caller keeps its arrays, and applies the weight decay by `keep`. */
export function createOptimizer(spec: OptimizerSpec): Optimizer {
  switch (spec.type) {
    case 'sgd':
      return sgd(spec);
    case 'rmsprop':
      return rmsprop(spec);
    case 'adam':
    case 'adamW':
      return adam(spec);
    case 'nadam':
      return nadam(spec);
    case 'adagrad':
      return adagrad(spec);
    case 'adadelta':
      return adadelta(spec);
    case 'lion':
      return lion(spec);
  }
}
