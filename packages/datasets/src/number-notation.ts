import { isMissingNumber } from './missing-words.ts';

/** How a table writes its numbers. */
export interface NumberNotation {
  decimal: '.' | ',';
  /** The separator between groups of three digits. ' ' stands for every Unicode space, "'" for ' and ’. */
  thousands?: '.' | ',' | ' ' | "'" | undefined;
}

export const plainNumbers: NumberNotation = { decimal: '.' };

const COMMON: NumberNotation[] = [
  plainNumbers,
  { decimal: '.', thousands: ',' },
  { decimal: ',' },
  { decimal: ',', thousands: '.' },
  { decimal: ',', thousands: ' ' },
  { decimal: '.', thousands: ' ' },
  { decimal: '.', thousands: "'" },
];
/** Where a semicolon separates cells, a single comma is a decimal comma. */
const BESIDE_SEMICOLONS = [COMMON[0], ...COMMON.slice(2, 5), COMMON[1], ...COMMON.slice(5)] as NumberNotation[];

const groups = { ' ': '[ \\u00a0\\u2009\\u202f]', "'": "['’]", '.': '\\.', ',': ',' };
const CURRENCY = '[$€£¥]';
const SPACE = '[ \\u00a0\\u202f]?';
const UNITS = /[$€£¥%\s]/g;
const patterns = new WeakMap<NumberNotation, RegExp>();

function patternOf(notation: NumberNotation): RegExp {
  const known = patterns.get(notation);
  if (known) return known;
  const { decimal, thousands } = notation;
  const point = decimal === '.' ? '\\.' : ',';
  const whole = thousands === undefined ? '\\d+' : `(?:\\d{1,3}(?:${groups[thousands]}\\d{3})+|\\d+)`;
  const pattern = new RegExp(
    `^[+-]?(?:${CURRENCY}${SPACE})?(?:${whole}${point}?\\d*|${point}\\d+)(?:e[+-]?\\d+)?(?:${SPACE}(?:${CURRENCY}|%))?$`,
    'i',
  );
  patterns.set(notation, pattern);
  return pattern;
}

/** A cell's number, without its currency sign or percent sign; NaN if the cell does not hold a number. */
export function readNumber(cell: string, notation: NumberNotation = plainNumbers): number {
  const text = cell.trim().replace('−', '-');
  if (!patternOf(notation).test(text)) return Number.NaN;
  const { decimal, thousands } = notation;
  const ungrouped = thousands === undefined ? text : text.replaceAll(new RegExp(groups[thousands], 'g'), '');
  const pointed = decimal === ',' ? ungrouped.replace(',', '.') : ungrouped;
  const number = Number(pointed);
  return Number.isNaN(number) ? Number(pointed.replaceAll(UNITS, '')) : number;
}

/** Why a cell does not hold a number that is finite in float32; undefined if it does. */
export function numberProblem(cell: string, notation: NumberNotation = plainNumbers): string | undefined {
  const value = readNumber(cell, notation);
  if (Number.isFinite(Math.fround(value))) return undefined;
  const text = cell.trim();
  if (text === '') return 'is empty';
  const shown = JSON.stringify(text.slice(0, SHOWN));
  if (isMissingNumber(text)) return `holds ${shown}, which is not a number`;
  return Number.isNaN(value) ? `holds ${shown}; expected a number` : `holds ${text.slice(0, SHOWN)}, which is beyond float32 (±3.4e38)`;
}

/** How many characters of a cell a message shows. */
const SHOWN = 40;

/** The notation in which the most columns hold numbers. On a tie the first in order wins; plain numbers come first. */
export function notationOf(rows: Iterable<Record<string, string>>, columns: readonly string[], separator: string): NumberNotation {
  const order = separator === ';' ? BESIDE_SEMICOLONS : COMMON;
  const fits = columns.map(() => order.map(() => 0));
  const present = columns.map(() => 0);
  for (const values of rows) {
    for (const [c, column] of columns.entries()) {
      const cell = values[column] ?? '';
      if (isMissingNumber(cell)) continue;
      present[c] = (present[c] as number) + 1;
      const text = cell.trim().replace('−', '-');
      for (const [n, notation] of order.entries()) {
        if (patternOf(notation).test(text)) (fits[c] as number[])[n] = ((fits[c] as number[])[n] as number) + 1;
      }
    }
  }
  const score = (n: number) =>
    columns.filter((_, c) => (present[c] as number) > 0 && (fits[c]?.[n] as number) >= MOSTLY * (present[c] as number)).length;
  return order.reduce((best, notation, n) => (score(n) > score(order.indexOf(best)) ? notation : best), order[0] as NumberNotation);
}

/** A column counts as numbers (or times) if at least this share of its cells are; the other cells are mistakes. */
export const MOSTLY = 0.95;
