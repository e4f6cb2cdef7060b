import { parse } from 'csv-parse/sync';

/** Columns of numbers from CSV or TSV with a header; a cell that is no number is NaN. @throws if the text is no table. */
export function readColumns(text: string): Record<string, Float64Array> {
  const [header = ''] = text.split('\n', 1);
  let rows: Record<string, string>[];
  try {
    rows = parse(text, { columns: true, trim: true, skip_empty_lines: true, bom: true, delimiter: header.includes('\t') ? '\t' : ',' });
  } catch (cause) {
    throw new Error(`the table cannot be read: ${(cause as Error).message}`, { cause });
  }
  const [first] = rows;
  if (!first) throw new Error('the table is empty: expected a line of column names, then lines of numbers');
  const numbers = (name: string) => Float64Array.from(rows, (row) => (row[name] === '' ? Number.NaN : Number(row[name])));
  return Object.fromEntries(Object.keys(first).map((name) => [name, numbers(name)]));
}
