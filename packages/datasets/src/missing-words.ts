/** What programs write where a value is missing (the words of pandas' read_csv, and a spreadsheet's errors), in lower case. */
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

/** What people write there; it may be a word of its own in a column of words. */
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

/** Whether a cell says that there is no value. */
export const isMissing = (cell: string) => MISSING.has(cell.trim().toLowerCase());

/** Whether a cell of a column of numbers or times says that there is no value. */
export const isMissingNumber = (cell: string) => isMissing(cell) || PLACEHOLDERS.has(cell.trim().toLowerCase());
