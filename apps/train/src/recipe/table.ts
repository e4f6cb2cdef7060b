import type { ColumnProfile, FileProfile } from '@unroll/datasets/profile.ts';
import type { RecordFile } from '@unroll/datasets/records.ts';
import { HOLDS, isIdName, isThingName, isTimeName, type Role, roleOf } from './column-roles.ts';

/** A column with a larger share of missing values is not read, because every row without a value is left out. */
const MISSING_AT_MOST = 0.2;
/** Texts with fewer words count as names or codes. */
const SINGLE_WORDS = 1.2;
/** With a larger share of such characters, a text counts as written without blanks between words. */
const UNSPACED = 0.3;

/** A table with the roles of its columns. */
export interface Table {
  file: RecordFile;
  profile: FileProfile;
  columns: Column[];
}

export type Column = ColumnProfile & { role: Role };

export const tableOf = (file: RecordFile, profile: FileProfile): Table => ({
  file,
  profile,
  columns: profile.columns.map((column) => ({ ...column, role: roleOf(column) })),
});

export const columnOf = (table: Table, name: string) => table.columns.find((column) => column.name === name) as Column;

export const measuresOf = ({ columns }: Table) => columns.filter(({ role }) => role === 'measure');

/** The names of the columns with enough values. */
export const readable = ({ columns, profile }: Table, wanted: (column: Column) => boolean) =>
  columns.filter((column) => wanted(column) && column.missing + column.odd.count <= MISSING_AT_MOST * profile.rows).map(({ name }) => name);

/** The column of times; one with a name that means time comes first. */
export function timeOf({ columns }: Table): string | undefined {
  const times = columns.filter(({ role }) => role === 'time');
  return (times.find(({ name }) => isTimeName(name)) ?? times[0])?.name;
}

/**
 * The column with the longest texts. Next to numbers, names and single words do not count as texts. If no column qualifies, columns of
 * few different texts do.
 */
export function longestTexts(table: Table, label: string | undefined): string | undefined {
  const others = table.columns.filter(({ name, role }) => name !== label && role !== 'constant' && role !== 'empty');
  const texts = others.filter(({ type, name }) => type === 'text' && !isIdName(name));
  const content = texts.filter((column) => isProse(column) && !isThingName(column.name));
  const measured = measuresOf(table).some(({ name, counts, numbers }) => name !== label && !(counts && numbers.whole));
  const found = content.length || measured ? content : texts.length ? texts : others.filter(({ type }) => type === 'category');
  return found.sort((a, b) => b.texts.meanLength - a.texts.meanLength)[0]?.name;
}

const SOURCE_NAME = /^(source|src|from|input|question|prompt)$/i;
const TARGET_NAME = /^(target|tgt|trg|to|translation|output|answer|reply)$/i;

/** The only two columns with content, if both hold texts: one is the translation of the other. The first is the source, unless the names tell. */
export function pairOf({ columns }: Table): { source: string; target: string } | undefined {
  const content = columns.filter(({ role }) => !['id', 'constant', 'empty'].includes(role));
  const [first, second] = content;
  if (!first || !second || content.length > 2) return undefined;
  const isText = (column: Column) => column.role === 'text' && isProse(column) && !isThingName(column.name) && !isIdName(column.name);
  if (!isText(first) || !isText(second)) return undefined;
  const turned = TARGET_NAME.test(first.name) || SOURCE_NAME.test(second.name);
  return turned ? { source: second.name, target: first.name } : { source: first.name, target: second.name };
}

const isProse = ({ texts: { meanWords, unspaced } }: ColumnProfile) => meanWords >= SINGLE_WORDS || unspaced > UNSPACED;

/** Whether to use characters as tokens: for scripts without blanks between words, and for single words. */
export const byCharacters = ({ texts: { meanWords, unspaced } }: ColumnProfile) => unspaced > UNSPACED || meanWords < SINGLE_WORDS;

/** A description of the columns, for display. */
export const contentsOf = ({ columns }: Table) => columns.map(({ name, role }) => `${name} (${HOLDS[role]})`).join(', ');
