import type { ColumnProfile, FileProfile } from '@unroll/datasets/profile.ts';
import type { RecordFile } from '@unroll/datasets/records.ts';
import { HOLDS, isIdName, isThingName, isTimeName, type Role, roleOf } from './column-roles.ts';

/** A column that lacks more of its values is not read: each row that lacks one is left out. */
const MISSING_AT_MOST = 0.2;
/** Texts of fewer words are names or codes. */
const SINGLE_WORDS = 1.2;
/** A larger share of characters without blanks between words makes a text one of such a script. */
const UNSPACED = 0.3;

/** A table with what its columns are for. */
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

/** Names of columns that enough rows have a value in. */
export const readable = ({ columns, profile }: Table, wanted: (column: Column) => boolean) =>
  columns.filter((column) => wanted(column) && column.missing + column.odd.count <= MISSING_AT_MOST * profile.rows).map(({ name }) => name);

/** A column of times, one that its name calls so first. */
export function timeOf({ columns }: Table): string | undefined {
  const times = columns.filter(({ role }) => role === 'time');
  return (times.find(({ name }) => isTimeName(name)) ?? times[0])?.name;
}

/**
 * The column with the longest texts. Beside numbers, names and single words are no content; without any, columns of few different texts
 * are read too.
 */
export function longestTexts(table: Table, label: string | undefined): string | undefined {
  const others = table.columns.filter(({ name, role }) => name !== label && role !== 'constant' && role !== 'empty');
  const texts = others.filter(({ type, name }) => type === 'text' && !isIdName(name));
  const content = texts.filter((column) => isProse(column) && !isThingName(column.name));
  const measured = measuresOf(table).some(({ name, counts, numbers }) => name !== label && !(counts && numbers.whole));
  const found = content.length || measured ? content : texts.length ? texts : others.filter(({ type }) => type === 'category');
  return found.sort((a, b) => b.texts.meanLength - a.texts.meanLength)[0]?.name;
}

const isProse = ({ texts: { meanWords, unspaced } }: ColumnProfile) => meanWords >= SINGLE_WORDS || unspaced > UNSPACED;

/** Whether characters are its tokens: in scripts without blanks between words, and in single words. */
export const byCharacters = ({ texts: { meanWords, unspaced } }: ColumnProfile) => unspaced > UNSPACED || meanWords < SINGLE_WORDS;

/** What its columns hold, for a person. */
export const contentsOf = ({ columns }: Table) => columns.map(({ name, role }) => `${name} (${HOLDS[role]})`).join(', ');
