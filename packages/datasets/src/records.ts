import { extname } from 'node:path';
import { type ByteSource, bytesInMemory, bytesOfFile } from './bytes.ts';
import { cellsOf, csvRows, separatorOf } from './csv.ts';
import { encodingOf } from './encoding.ts';
import { type Line, linesOf } from './lines.ts';

export type RecordFormat = 'csv' | 'tsv' | 'jsonl';

/** One row of a table. */
export interface FileRecord {
  /** By column; undefined if the row cannot be read. */
  values: Record<string, string> | undefined;
  /** Why the row cannot be read. */
  problem?: string;
  /** The line of its first character, from 1. */
  line: number;
  /** The place of its bytes in the file. */
  offset: number;
  bytes: number;
}

/** How a table is written. Missing options are detected from the file. */
export interface TableOptions {
  /** By default from the file's extension. */
  format?: RecordFormat | undefined;
  /** As TextDecoder names it. */
  encoding?: string | undefined;
  /** The character between the cells of a CSV file. */
  separator?: string | undefined;
}

/** A table that can be read any number of times. A file is never loaded as a whole. */
export interface RecordFile {
  /** For messages: the file's path, or the name of a table in memory. */
  path: string;
  format: RecordFormat;
  encoding: string;
  separator: string;
  /** Column names; for JSON lines the keys of the first records. */
  columns: string[];
  /** All records in the file's order. */
  records(): Generator<FileRecord>;
  /** The record at a place in the file. */
  at(place: { offset: number; bytes: number }): Record<string, string>;
}

/**
 * Opens CSV, TSV or JSON lines (.jsonl, .ndjson).
 * @throws an error that names the file, the line and what is wrong.
 */
export const openRecords = (path: string, options: TableOptions = {}): RecordFile =>
  recordsOf(bytesOfFile(path), { ...options, format: options.format ?? formatOf(path) });

/** Reads a table in memory; CSV unless `format` says otherwise. */
export const recordsInMemory = (name: string, bytes: Uint8Array, options: TableOptions = {}): RecordFile =>
  recordsOf(bytesInMemory(name, bytes), options);

/** @throws an error that names the first missing column. */
export function checkColumns({ path, columns }: Pick<RecordFile, 'path' | 'columns'>, wanted: readonly string[]): void {
  const missing = wanted.find((name) => !columns.includes(name));
  if (missing !== undefined) throw new Error(`${path} has no column '${missing}'; it has ${columns.join(', ')}`);
}

function recordsOf(source: ByteSource, options: TableOptions): RecordFile {
  const { format = 'csv' } = options;
  const encoding = options.encoding === undefined ? encodingOf(source) : checkEncoding(options.encoding, source.name);
  const { sample, skipped, said } = startOf(source, encoding, format);
  const separator = format === 'tsv' ? '\t' : (options.separator ?? said ?? separatorOf(sample));
  const shape = { format, separator, columns: [] as string[] };
  function* rows() {
    const lines = linesOf(source, encoding);
    for (let i = 0; i < skipped; i++) lines.next();
    yield* format === 'csv' ? csvRows(lines, separator, () => shape.columns.length || undefined) : lines;
  }
  const first = rows().next().value as Row | undefined;
  if (!first) throw new Error(`${source.name} is empty`);
  shape.columns = format === 'jsonl' ? keysOf(sample, source.name) : columnsOf(first, shape, source.name);

  return {
    path: source.name,
    encoding,
    ...shape,
    *records() {
      let header = format !== 'jsonl';
      for (const row of rows()) {
        if (header) header = false;
        else if (!isBlank(row, separator)) yield recordOf(row, shape);
      }
    },
    at(place) {
      const text = new TextDecoder(encoding).decode(source.at(place));
      return valuesOf(format === 'csv' ? { cells: cellsOf(text, separator) } : { text }, shape);
    },
  };
}

type Row = { text: string; line: number } | { cells: string[] | undefined; problem?: string; line: number };
type Shape = Pick<RecordFile, 'format' | 'separator' | 'columns'>;

/** Whether a line is blank. A line of separators is a row of empty cells. */
const isBlank = (row: Row, separator: string) => 'text' in row && row.text.trim() === '' && !row.text.includes(separator);

const LINES_LOOKED_AT = 50;

/** The first lines from the header on. Blank lines before it are skipped, and so is Excel's 'sep=;', which names the separator. */
function startOf(
  source: ByteSource,
  encoding: string,
  format: RecordFormat,
): { sample: Line[]; skipped: number; said: string | undefined } {
  const sample: Line[] = [];
  let skipped = 0;
  let said: string | undefined;
  for (const line of linesOf(source, encoding)) {
    const [, named] = (format === 'csv' && /^sep=(.)$/.exec(line.text)) || [];
    if (sample.length === 0 && (named !== undefined || line.text.trim() === '')) {
      skipped++;
      said ??= named;
    } else if (sample.push(line) === LINES_LOOKED_AT) break;
  }
  return { sample, skipped, said };
}

function columnsOf(row: Row, shape: Shape, name: string): string[] {
  const { line } = row;
  if ('problem' in row && row.problem !== undefined) throw new Error(`${name}, line ${line}: ${row.problem}`);
  const cells = 'cells' in row ? (row.cells ?? []) : row.text.split(shape.separator);
  const columns = cells.map((cell, i) => cell.trim() || `column ${i + 1}`);
  const twice = columns.find((column, i) => columns.indexOf(column) !== i);
  if (twice !== undefined) throw new Error(`${name}, line ${line}: two columns are named '${twice}'`);
  return columns;
}

/** The keys of the first lines. Lines that cannot be read are ignored, except the first. @throws if the first line cannot be read. */
function keysOf(sample: readonly Line[], name: string): string[] {
  const [first] = sample;
  const keys = Object.keys(first ? firstJson(first.text, `${name}, line ${first.line}`) : {});
  return [...new Set([...keys, ...sample.slice(1).flatMap(({ text }) => keysIn(text))])];
}

function keysIn(text: string): string[] {
  try {
    return Object.keys(parseJson(text));
  } catch {
    return [];
  }
}

function recordOf(row: Row & { offset: number; bytes: number }, shape: Shape): FileRecord {
  const { line, offset, bytes } = row;
  if ('problem' in row && row.problem !== undefined) return { values: undefined, problem: row.problem, line, offset, bytes };
  try {
    return { values: valuesOf(row as { text: string } | { cells: string[] }, shape), line, offset, bytes };
  } catch (error) {
    return { values: undefined, problem: (error as Error).message, line, offset, bytes };
  }
}

function valuesOf(row: { text: string } | { cells: string[] }, { format, separator, columns }: Shape): Record<string, string> {
  if (format === 'jsonl') {
    return Object.fromEntries(Object.entries(parseJson((row as { text: string }).text)).map(([name, value]) => [name, asText(value)]));
  }
  const cells = 'cells' in row ? row.cells : row.text.split(separator);
  if (cells.length !== columns.length) throw new Error(`expected ${columns.length} columns, got ${cells.length}`);
  return Object.fromEntries(columns.map((name, i) => [name, cells[i] as string]));
}

/** Parses the first line; its error tells what to do if the file is one JSON document instead of JSON lines. */
function firstJson(text: string, where: string): Record<string, unknown> {
  try {
    return parseJson(text);
  } catch (cause) {
    const whole = /^\s*[[{]/.test(text);
    const remedy = whole ? '. A JSON list, or an object over several lines, is not supported: write each row as one line' : '';
    throw new Error(`${where}: ${(cause as Error).message}${remedy}`, { cause });
  }
}

function parseJson(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Error(`expected a JSON object on each line; ${(cause as Error).message.replace(/ \(line \d+ column \d+\)| in JSON/g, '')}`, {
      cause,
    });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('expected a JSON object on each line');
  return value as Record<string, unknown>;
}

const asText = (value: unknown) => (value === null || value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value));

function formatOf(path: string): RecordFormat {
  const extension = extname(path).toLowerCase();
  if (extension === '.csv') return 'csv';
  if (extension === '.tsv' || extension === '.tab') return 'tsv';
  if (extension === '.jsonl' || extension === '.ndjson') return 'jsonl';
  throw new Error(`${path}: expected a .csv, .tsv, .jsonl or .ndjson file`);
}

export function checkEncoding(encoding: string, name: string): string {
  try {
    return new TextDecoder(encoding).encoding;
  } catch (cause) {
    throw new Error(`${name}: unknown encoding '${encoding}'; use a name such as utf-8, windows-1252 or gb18030`, { cause });
  }
}
