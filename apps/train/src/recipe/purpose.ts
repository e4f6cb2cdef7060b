import type { ColumnProfile, FileProfile } from '@unroll/datasets/profile.ts';
import { didYouMean } from '@unroll/schema/explain.ts';

/** What a file is to be learned for. */
export type Purpose =
  | { type: 'classify texts'; text: string; label: string; id: string | undefined }
  | { type: 'classify numbers'; columns: string[]; label: string }
  | { type: 'forecast'; columns: string[]; targets: string[]; time: string | undefined };

export interface Wishes {
  text?: string | undefined;
  label?: string | undefined;
  /** Columns to foretell. */
  targets?: readonly string[] | undefined;
}

const LABEL_NAMES = /^(label|class|category|target|sentiment|topic|intent|y)$/i;

const ID_NAMES = /^(id|.*_id|user|author|patient|session|group)$/i;

const CLASSES_AT_MOST = 50;

/**
 * Guesses what a file is for: a label and a text column classify texts, a label and numbers classify sequences of numbers, numbers
 * alone are foretold.
 * @throws an error that says what is missing, and what there is.
 */
export function purposeOf({ columns, rows }: FileProfile, wishes: Wishes): Purpose {
  const names = columns.map(({ name }) => name);
  for (const wanted of [wishes.text, wishes.label, ...(wishes.targets ?? [])]) {
    if (wanted !== undefined && !names.includes(wanted))
      throw new Error(`init: there is no column '${wanted}'.${didYouMean(wanted, names)}`);
  }
  const numbers = columns.filter(({ type }) => type === 'number').map(({ name }) => name);
  if (wishes.targets) return { type: 'forecast', columns: numbers, targets: [...wishes.targets], time: timeOf(columns) };

  const label = wishes.label ?? labelOf(columns, rows);
  const text = wishes.text ?? textOf(columns, label);
  if (label !== undefined && text !== undefined) {
    const id = columns.find(({ name, distinct }) => name !== label && name !== text && ID_NAMES.test(name) && distinct < rows)?.name;
    return { type: 'classify texts', text, label, id };
  }
  const steps = numbers.filter((name) => name !== label);
  if (label !== undefined && steps.length > 1) return { type: 'classify numbers', columns: steps, label };
  if (label === undefined && numbers.length > 0)
    return { type: 'forecast', columns: numbers, targets: numbers.slice(0, 1), time: timeOf(columns) };
  const found = columns.map(({ name, type }) => `${name} (${type})`).join(', ');
  throw new Error(`init: cannot tell what to learn from ${found}; name the columns with --text and --label, or --target`);
}

/** A column named as labels are, or the category with the fewest values. */
function labelOf(columns: readonly ColumnProfile[], rows: number): string | undefined {
  const few = columns.filter(({ distinct, counts }) => counts && distinct >= 2 && distinct <= Math.min(CLASSES_AT_MOST, rows / 2));
  const named = few.find(({ name }) => LABEL_NAMES.test(name));
  const categories = few.filter(({ type }) => type === 'category').sort((a, b) => a.distinct - b.distinct);
  return (named ?? categories[0])?.name;
}

/** The column with the longest texts; one of few different texts only where there are no numbers. */
function textOf(columns: readonly ColumnProfile[], label: string | undefined): string | undefined {
  const numbers = columns.some(({ type }) => type === 'number');
  const others = columns.filter(({ name }) => name !== label);
  const long = others.filter(({ type }) => type === 'text');
  const texts = long.length || numbers ? long : others.filter(({ type }) => type === 'category');
  return texts.sort((a, b) => b.texts.meanLength - a.texts.meanLength)[0]?.name;
}

const timeOf = (columns: readonly ColumnProfile[]) => columns.find(({ type }) => type === 'time')?.name;
