/** Words that programs write for a missing value, in lower case: those of pandas' read_csv, and a spreadsheet's errors. */
const MISSING = new Set([
  '',
  'na',
  'n/a',
  'n.a.',
  '<na>',
  'nan',
  '-nan',
  '1.#qnan',
  '-1.#ind',
  'null',
  '#n/a',
  '#na',
  '#n/a n/a',
  '#value!',
  '#ref!',
  '#div/0!',
  '#null!',
  '#num!',
]);

/** Words that people write for a missing value. In a column of words each may also be a value. */
const PLACEHOLDERS = new Set([
  '-',
  '--',
  '---',
  '–',
  '—',
  '.',
  '..',
  '...',
  '?',
  '*',
  'none',
  'nil',
  'missing',
  'unknown',
  'not available',
]);

/** Whether a cell marks a missing value. */
export const isMissing = (cell: string) => MISSING.has(cell.trim().toLowerCase());

/** Whether a cell of a column of numbers or times marks a missing value. */
export const isMissingNumber = (cell: string) => isMissing(cell) || PLACEHOLDERS.has(cell.trim().toLowerCase());
