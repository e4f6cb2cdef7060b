import { isMissing } from '@unroll/datasets/missing-words.ts';
import { numberProblem } from '@unroll/datasets/number-notation.ts';
import type { FileProfile } from '@unroll/datasets/profile.ts';
import type { RecordFile } from '@unroll/datasets/records.ts';
import { countRows, seriesColumnOf } from '@unroll/datasets/series-column.ts';
import { didYouMean } from '@unroll/schema/explain.ts';
import { isOriginName, isTimeName } from './column-roles.ts';
import { checkLabel, isNumberToPredict, labelBesideNumbers, labelBesideTexts, namedLabel, namedNumber } from './label.ts';
import {
  byCharacters,
  type Column,
  columnOf,
  contentsOf,
  longestTexts,
  measuresOf,
  pairOf,
  readable,
  type Table,
  tableOf,
  timeOf,
} from './table.ts';
import { ROWS_AT_LEAST, windowFor } from './window-size.ts';

/** What a model can learn from a table. */
export type Purpose =
  | {
      type: 'classify texts';
      text: string;
      label: string;
      id: string | undefined;
      /** Whether characters are the tokens: in scripts without blanks between words, and in single words. */
      characters: boolean;
      /** How many tokens the model reads. */
      maxLength: number;
    }
  | {
      type: 'translate';
      source: Side;
      target: Side;
    }
  | { type: 'classify numbers'; columns: string[]; label: string }
  | { type: 'predict a number'; columns: string[]; target: string }
  | {
      type: 'forecast';
      columns: string[];
      targets: string[];
      time: string | undefined;
      /** Tells several series apart. */
      series: string | undefined;
      context: number;
      horizon: number;
    };

/** A column of texts that a model reads or writes. */
interface Side {
  column: string;
  characters: boolean;
  /** How many tokens the model reads or writes. */
  maxLength: number;
}

export interface Wishes {
  /** The column to translate; `targets` then has the one of its translations. */
  source?: string | undefined;
  text?: string | undefined;
  label?: string | undefined;
  /** Columns to forecast. */
  targets?: readonly string[] | undefined;
  time?: string | undefined;
  series?: string | undefined;
}

const [SHORTEST, LONGEST_WORDS, LONGEST_CHARACTERS] = [20, 200, 400];

/**
 * The purpose of a table: texts with classes and numbers with classes are classified, numbers over time are forecast, and a number that is
 * named, or named like a label, is predicted from the rest of its row. Two columns of texts are translations.
 * @throws an error that names what is missing and what is possible.
 */
export function purposeOf(file: RecordFile, profile: FileProfile, wishes: Wishes): Purpose {
  const { source, text, label, targets, time, series } = wishes;
  for (const wanted of [source, text, label, time, series, ...(targets ?? [])]) {
    if (wanted !== undefined && !file.columns.includes(wanted))
      throw new Error(`init: there is no column '${wanted}'.${didYouMean(wanted, file.columns)}`);
  }
  const table = tableOf(file, profile);
  if (source !== undefined) return translationOf(table, source, targets);
  if (targets || (series !== undefined && label === undefined)) return forecastOf(table, wishes);
  return textsOf(table, wishes) ?? numbersOrForecastOf(table, wishes);
}

/** Undefined if the table has no texts, or has texts next to a series. */
function textsOf(table: Table, wishes: Wishes): Purpose | undefined {
  const label = wishes.label ?? labelBesideTexts(table);
  const text = wishes.text ?? longestTexts(table, label);
  if (text === undefined) return undefined;
  if (label === undefined) {
    if (wishes.text === undefined && timeOf(table) !== undefined && measuresOf(table).length > 0) return undefined;
    const sides = wishes.text === undefined ? pairOf(table) : undefined;
    if (sides) return translationOf(table, sides.source, [sides.target]);
    throw new Error(`init: ${noClasses(table, text)}`);
  }
  checkLabel(table, label);
  const column = columnOf(table, text);
  const origin = table.columns.find(
    ({ name, distinct, numbers }) =>
      name !== label && name !== text && isOriginName(name) && !numbers.counter && distinct < table.profile.rows,
  );
  return {
    type: 'classify texts',
    text,
    label,
    id: origin?.role === 'constant' || origin?.role === 'empty' ? undefined : origin?.name,
    characters: byCharacters(column),
    maxLength: maxLengthOf(column),
  };
}

/** How many tokens of a column's texts a model reads. */
function maxLengthOf(column: Column): number {
  const { mostCharacters, mostWords } = column.texts;
  const longest = byCharacters(column) ? Math.min(LONGEST_CHARACTERS, mostCharacters) : Math.min(LONGEST_WORDS, mostWords);
  return Math.max(SHORTEST, Math.ceil(longest / 10) * 10);
}

/** @param targets the column of the translations. */
function translationOf(table: Table, source: string, targets: readonly string[] = []): Purpose {
  const [target] = targets;
  if (target === undefined || targets.length > 1 || target === source) {
    const wanted = `--source ${source} needs one other column with the translations`;
    throw new Error(`init: ${wanted}; name it with --target (found: ${contentsOf(table)})`);
  }
  const sideOf = (name: string): Side => {
    const column = columnOf(table, name);
    if (column.role === 'empty') throw new Error(`init: column '${name}' is empty`);
    return { column: name, characters: byCharacters(column), maxLength: maxLengthOf(column) };
  };
  const written = sideOf(target);
  // A step more, for the end.
  return { type: 'translate', source: sideOf(source), target: { ...written, maxLength: written.maxLength + 1 } };
}

function numbersOrForecastOf(table: Table, wishes: Wishes): Purpose {
  const measures = measuresOf(table);
  const named = wishes.label ?? namedLabel(table);
  if (named !== undefined) return numbersOf(table, named);
  const time = wishes.time ?? timeOf(table);
  const timed = time !== undefined && measures.length > 0;
  if (timed && seriesColumnOf(table.file, time, seriesCandidates(table)) !== 'none needed') return forecastOf(table, wishes);
  const label = labelBesideNumbers(table);
  if (label !== undefined) return numbersOf(table, label);
  const number = namedNumber(table);
  if (number !== undefined && !timed && measures.length > 1) return numbersOf(table, number);
  if (timed || measures.length === 1) return forecastOf(table, wishes);
  throw new Error(`init: ${measures.length > 1 ? noSeries(table) : nothingToLearn(table)}`);
}

function numbersOf(table: Table, label: string): Purpose {
  const isNumber = isNumberToPredict(table, label);
  if (!isNumber) checkLabel(table, label);
  const columns = readable(table, ({ name, role }) => name !== label && (role === 'measure' || role === 'calendar'));
  if (columns.length === 0) throw new Error(`init: ${nothingToLearn(table)}`);
  return isNumber ? { type: 'predict a number', columns, target: label } : { type: 'classify numbers', columns, label };
}

function forecastOf(table: Table, wishes: Wishes): Purpose {
  const time = wishes.time ?? timeOf(table);
  const targets =
    wishes.targets ??
    measuresOf(table)
      .slice(0, 1)
      .map(({ name }) => name);
  if (targets.length === 0) throw new Error(`init: ${nothingToLearn(table)}`);
  const wrong = targets.find((name) => columnOf(table, name).type !== 'number');
  if (wrong !== undefined) throw new Error(`init: column '${wrong}' holds no numbers, so it cannot be forecast`);
  const series = wishes.series ?? seriesIn(table, time);
  const inputs = readable(table, ({ name, role }) => name !== series && name !== time && (role === 'measure' || role === 'calendar'));
  const columns = [...new Set([...inputs, ...targets])];
  const rows = wholeRows(table, columns, [time, series]);
  const each = Math.floor(rows / (series === undefined ? 1 : columnOf(table, series).distinct));
  if (each < ROWS_AT_LEAST) {
    const what = series === undefined ? `${each} rows without a missing value` : `${each} such rows for each '${series}'`;
    throw new Error(`init: the table has ${what}; a forecast needs at least ${ROWS_AT_LEAST}`);
  }
  return { type: 'forecast', columns, targets: [...targets], time, series, ...windowFor(each) };
}

/** How many rows have a number in each column of `numbers` and a value in each of the others. */
function wholeRows({ file, profile }: Table, numbers: readonly string[], others: readonly (string | undefined)[]): number {
  return countRows(
    file,
    (values) =>
      numbers.every((name) => numberProblem(values[name] ?? '', profile.notation) === undefined) &&
      others.every((name) => name === undefined || !isMissing(values[name] ?? '')),
  );
}

function seriesIn(table: Table, time: string | undefined): string | undefined {
  if (time === undefined) return undefined;
  const telling = seriesColumnOf(table.file, time, seriesCandidates(table));
  if (telling === 'none needed') return undefined;
  if (telling) return telling.column;
  throw new Error(
    `init: times in '${time}' repeat. If a column tells several series apart, name it with --series; if another column holds the time of day, join the two`,
  );
}

const seriesCandidates = ({ columns, profile }: Table) =>
  columns
    .filter(
      ({ name, role, distinct }) =>
        ['category', 'id', 'text'].includes(role) && !isTimeName(name) && distinct >= 2 && distinct < profile.rows / 2,
    )
    .map(({ name }) => name);

function nothingToLearn(table: Table): string {
  return `cannot tell what to learn from ${contentsOf(table)}; name the columns with --text and --label, or --target`;
}

const noClasses = (table: Table, text: string) =>
  `'${text}' holds texts, but no column holds their classes (found: ${contentsOf(table)}); name it with --label`;

function noSeries(table: Table): string {
  const last = measuresOf(table).at(-1)?.name;
  return (
    `no column holds classes or times (found: ${contentsOf(table)}). Name what to learn from the rest of each row with --label, for example ` +
    `--label ${last}; or, if rows follow each other in time, name a column to forecast with --target`
  );
}
