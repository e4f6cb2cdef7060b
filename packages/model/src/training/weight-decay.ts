import { didYouMean } from '@unroll/schema/explain.ts';
import type { Layout } from '../weights/layout.ts';
import type { OptimizerSpec } from './optimizers.ts';

/** Floats [from, to) of the trainable vector, of which all decay or none. */
export interface DecayPart {
  from: number;
  to: number;
  weightDecay: number;
}

/** The trainable vector, cut where the weight decay begins or ends. @throws if a text of `excludeFromWeightDecay` is in no weight's name. */
export function decayParts(layout: Layout, optimizer: Pick<OptimizerSpec, 'weightDecay' | 'excludeFromWeightDecay'>): DecayPart[] {
  const { weightDecay = 0, excludeFromWeightDecay: excluded = [] } = optimizer;
  const trainable = layout.entries.filter((entry) => entry.trainable);
  const names = trainable.map(({ name }) => name);
  const unused = excluded.find((text) => !names.some((name) => name.includes(text)));
  if (unused !== undefined) {
    throw new Error(
      `training.optimizer.excludeFromWeightDecay: no trained weight has '${unused}' in its name.${didYouMean(unused, names)}`,
    );
  }
  const parts: DecayPart[] = [];
  for (const { name, offset, length } of trainable) {
    const own = excluded.some((text) => name.includes(text)) ? 0 : weightDecay;
    const last = parts.at(-1);
    if (last?.weightDecay === own) last.to = offset + length;
    else parts.push({ from: offset, to: offset + length, weightDecay: own });
  }
  return parts;
}
