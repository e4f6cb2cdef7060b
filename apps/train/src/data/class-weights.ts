import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import { type Sequences, targetOf } from './sequences.ts';

/**
 * n / (classes · n_c) over the samples of an epoch (King & Zeng, 2001), as scikit-learn's class_weight='balanced'. A sample with
 * probabilities counts as that much of each class.
 */
export function balancedClassWeights(task: AnyTask, sequences: Sequences, samples: Int32Array): number[] {
  const classes = task.type === 'classify' ? task.labels.length : 0;
  if (classes === 0 || (sequences.targetWidth > 1 && !sequences.soft))
    throw new Error(`task '${task.type}': training.classWeights 'balanced' needs one class per sample`);
  const counts = new Array<number>(classes).fill(0);
  for (const sample of samples) {
    for (const [label, amount] of classShares(targetOf(sequences, sample), sequences.soft ?? false)) {
      counts[label] = (counts[label] as number) + amount;
    }
  }
  return counts.map((count) => samples.length / (classes * Math.max(1, count)));
}

/** The classes of a target, each with its probability. */
function classShares(target: Float32Array, soft: boolean): Iterable<[label: number, amount: number]> {
  const [value = 0] = target;
  if (!soft) return [[value, 1]];
  return (target.length > 1 ? [...target] : [1 - value, value]).entries();
}
