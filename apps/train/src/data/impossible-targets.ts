import type { Split } from '@unroll/datasets/split.ts';
import type { Model } from '@unroll/model/model.ts';
import type { AnyTask } from '@unroll/model/tasks/registry.ts';
import { count } from './prepared-data.ts';
import { type Sequences, targetsOf } from './sequences.ts';

/**
 * The split without samples whose target no output can give, and a warning that counts them.
 * @throws if a part is empty without them.
 */
export function withoutImpossible(
  name: string,
  { model, task, sequences, split }: { model: Model; task: AnyTask; sequences: Sequences; split: Split },
): { split: Split; warnings: string[] } {
  const { refuses } = task;
  if (!refuses || 'file' in sequences) return { split, warnings: [] };
  let first: string | undefined;
  const left: Record<string, number> = {};
  const possible = (part: keyof Split) =>
    split[part].filter((sample) => {
      const reason = refuses(targetsOf(sequences, sample), model.outputSteps(sequences.lengths[sample] as number));
      if (reason === undefined) return true;
      first ??= `sample ${sample + 1}: ${reason}`;
      left[part] = (left[part] ?? 0) + 1;
      return false;
    });
  const kept: Split = { train: possible('train'), validation: possible('validation'), test: possible('test') };
  const empty = (['train', 'validation', 'test'] as const).find((part) => kept[part].length === 0);
  if (empty) throw new Error(`recipe '${name}': no target of its ${empty} part is possible (${first})`);
  const total = Object.values(left).reduce((sum, own) => sum + own, 0);
  if (total === 0) return { split, warnings: [] };
  const parts = Object.entries(left).map(([part, own]) => `${count(own)} of the ${part} part`);
  return {
    split: kept,
    warnings: [`${count(total)} samples have a target that no output can give and are left out: ${parts.join(', ')} (${first})`],
  };
}
