import type { ColumnProfile } from '@unroll/datasets/profile.ts';
import { isIdName, isOriginName } from './column-roles.ts';
import { columnOf, longestTexts, measuresOf, type Table } from './table.ts';

const LABEL_NAME = /^(label|class|category|target|sentiment|polarity|topic|intent|species|y)$/i;
const RATING_NAME = /^(stars?|ratings?|score|grade|rank)$/i;
const CLASSES_AT_MOST = 50;
/** Ratings are a few integers. */
const RATINGS_AT_MOST = 20;

/** The column with a name that means label, even if it holds only one class. */
export const namedLabel = (table: Table) =>
  classesIn(table).find(({ name }) => LABEL_NAME.test(name))?.name ??
  table.columns.find(({ name, role }) => role === 'constant' && LABEL_NAME.test(name))?.name;

/** The column of the classes of texts: the one with a label's name, or the category with the fewest values, or ratings. */
export function labelBesideTexts(table: Table): string | undefined {
  const label = namedLabel(table) ?? categoriesOf(table)[0]?.name;
  if (label !== undefined || longestTexts(table, undefined) === undefined) return label;
  const ratings = classesIn(table).filter(
    ({ role, distinct, numbers }) => role === 'measure' && numbers.whole && distinct <= RATINGS_AT_MOST,
  );
  const binary = ratings.filter(isBinary);
  if (binary.length > 1 && binary.length === ratings.length) {
    const names = binary.map(({ name }) => name).join(', ');
    const remedy = `learn one at a time: --label ${binary[0]?.name}`;
    throw new Error(`init: ${names} all hold 0 and 1. Several labels per row are not supported in a file; ${remedy}`);
  }
  return (ratings.find(({ name }) => RATING_NAME.test(name)) ?? (ratings.length === 1 ? ratings[0] : undefined))?.name;
}

/** The column of the classes of rows of numbers: the category with the fewest values, or the only column of 0 and 1. */
export function labelBesideNumbers(table: Table): string | undefined {
  const measures = measuresOf(table);
  const binary = measures.filter(isBinary);
  return categoriesOf(table)[0]?.name ?? (binary.length === 1 && measures.length > 1 ? binary[0]?.name : undefined);
}

/** Columns with few different values. */
const classesIn = ({ columns, profile }: Table) =>
  columns.filter(({ distinct, counts }) => counts && distinct >= 2 && distinct <= Math.min(CLASSES_AT_MOST, profile.rows / 2));

/** Columns of few different words: those that name no person first, then by the number of words. */
const categoriesOf = (table: Table) => {
  const last = ({ name }: ColumnProfile) => Number(isIdName(name) || (isOriginName(name) && !/^group$/i.test(name)));
  return classesIn(table)
    .filter(({ role }) => role === 'category')
    .sort((a, b) => last(a) - last(b) || a.distinct - b.distinct);
};

/** Other columns that could be the classes. */
export const otherLabels = (table: Table, label: string) =>
  classesIn(table)
    .filter(({ name, role }) => name !== label && (role === 'category' || role === 'measure'))
    .map(({ name }) => name);

const isBinary = ({ distinct, numbers }: ColumnProfile) => distinct === 2 && numbers.whole && numbers.least === 0 && numbers.most === 1;

/** The column of numbers with a name that means label. */
export const namedNumber = (table: Table) => measuresOf(table).find(({ name }) => LABEL_NAME.test(name))?.name;

/** Whether a column holds numbers with more values than classes may have. */
export function isNumberToPredict(table: Table, label: string): boolean {
  const { type, role, distinct } = columnOf(table, label);
  return type === 'number' && role === 'measure' && distinct > CLASSES_AT_MOST;
}

/** @throws if a column cannot be the classes. */
export function checkLabel(table: Table, label: string): void {
  const { distinct, role, type, counts, texts } = columnOf(table, label);
  const { rows } = table.profile;
  if (role === 'empty') throw new Error(`init: column '${label}' is empty`);
  if (distinct === 1) {
    const only = counts ? [...counts.keys()][0] : undefined;
    throw new Error(
      `init: column '${label}' holds one class only${only === undefined ? '' : `, '${only}'`}: there is nothing to tell apart`,
    );
  }
  if (counts && distinct <= CLASSES_AT_MOST) return;
  const many = `column '${label}' has ${distinct >= 1000 ? '1,000 or more' : distinct} different values in ${rows.toLocaleString('en')} rows`;
  const why =
    type === 'number'
      ? 'Predicting a number from texts is not supported'
      : texts.meanWords > 3
        ? 'They read as texts'
        : 'Each class needs at least five rows';
  throw new Error(`init: ${many}, too many for classes (at most ${CLASSES_AT_MOST}). ${why}`);
}
