import { closeSync, openSync, readSync } from 'node:fs';
import { extname } from 'node:path';
import { parse } from 'csv-parse/sync';

export type RecordFormat = 'csv' | 'tsv' | 'jsonl';

/** One row of a file. */
export interface FileRecord {
  /** By column; undefined where the row cannot be read. */
  values: Record<string, string> | undefined;
  /** Why not. */
  problem?: string;
  /** Of its first character, from 1. */
  line: number;
  /** Where in the file it lies. */
  offset: number;
  bytes: number;
}

export type Encoding = 'utf-8' | 'utf-16le' | 'windows-1252';

/** A file of records, ready to be read any number of times; never held in memory as a whole. */
export interface RecordFile {
  path: string;
  format: RecordFormat;
  encoding: Encoding;
  /** Column names; of JSON lines those of the first record. */
  columns: string[];
  /** Every record in turn. */
  records(): Generator<FileRecord>;
  /** A record by where it lies. */
  at(place: { offset: number; bytes: number }): Record<string, string>;
}

const CHUNK = 1 << 20;
/** A record that is longer is none: an unclosed quote would swallow the file. */
const LONGEST_RECORD = 1 << 24;

/**
 * Opens CSV, TSV or JSON lines (.jsonl, .ndjson). Encodings: UTF-8, UTF-16 with its mark, else Windows-1252.
 * @param format if the file's extension does not tell.
 * @throws an error that names the file and what is wrong with it.
 */
export function openRecords(path: string, format: RecordFormat = formatOf(path)): RecordFile {
  const encoding = encodingOf(path);
  const delimiter = format === 'tsv' ? '\t' : ',';
  const parsed = (text: string): string[] => {
    // Most records have no quotes; tab-separated ones never do.
    if (format === 'tsv' || !text.includes('"')) return text.split(delimiter);
    return (parse(text, { delimiter, relax_column_count: true }) as string[][])[0] ?? [];
  };
  const rows = () => splitRecords(path, encoding, format === 'csv');

  const first = rows().next().value;
  if (!first || first.text.trim() === '') throw new Error(`${path} is empty`);
  const columns = format === 'jsonl' ? Object.keys(parseJson(first.text)) : parsed(first.text).map((name) => name.trim());
  const twice = columns.find((name, i) => columns.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`${path}: two columns are named '${twice}'`);

  function valuesOf(text: string): Record<string, string> {
    if (format === 'jsonl') return Object.fromEntries(Object.entries(parseJson(text)).map(([name, value]) => [name, asText(value)]));
    const cells = parsed(text);
    if (cells.length !== columns.length) throw new Error(`expected ${columns.length} columns, got ${cells.length}`);
    return Object.fromEntries(columns.map((name, i) => [name, cells[i] as string]));
  }

  return {
    path,
    format,
    encoding,
    columns,
    *records() {
      let header = format !== 'jsonl';
      for (const { text, ...place } of rows()) {
        if (header) header = false;
        else if (text.trim() !== '') yield { ...place, ...attempt(() => valuesOf(text)) };
      }
    },
    at({ offset, bytes }) {
      const buffer = Buffer.alloc(bytes);
      const file = openSync(path, 'r');
      try {
        readSync(file, buffer, 0, bytes, offset);
      } finally {
        closeSync(file);
      }
      return valuesOf(new TextDecoder(encoding).decode(buffer));
    },
  };
}

function attempt(read: () => Record<string, string>): Pick<FileRecord, 'values' | 'problem'> {
  try {
    return { values: read() };
  } catch (error) {
    return { values: undefined, problem: (error as Error).message.replace(/ on line \d+| at line \d+/, '') };
  }
}

function parseJson(text: string): Record<string, unknown> {
  const value = JSON.parse(text) as unknown;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('expected a JSON object a line');
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

/** UTF-16 says so by its mark; what is not UTF-8 is taken for Windows-1252. */
function encodingOf(path: string): Encoding {
  const strict = new TextDecoder('utf-8', { fatal: true });
  let first = true;
  for (const { chunk } of chunksOf(path)) {
    if (first && chunk[0] === 0xff && chunk[1] === 0xfe) return 'utf-16le';
    if (first && chunk[0] === 0xfe && chunk[1] === 0xff) throw new Error(`${path} is UTF-16 big-endian; save it as UTF-8`);
    first = false;
    try {
      strict.decode(chunk, { stream: true });
    } catch {
      return 'windows-1252';
    }
  }
  return 'utf-8';
}

function* chunksOf(path: string): Generator<{ chunk: Buffer; last: boolean }> {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    throw new Error(`cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
  try {
    for (;;) {
      const buffer = Buffer.alloc(CHUNK);
      const length = readSync(file, buffer, 0, CHUNK, null);
      yield { chunk: buffer.subarray(0, length), last: length === 0 };
      if (length === 0) return;
    }
  } finally {
    closeSync(file);
  }
}

/** Lines, or with quotes (RFC 4180) records that may hold line breaks, without the break at their end. */
function* splitRecords(
  path: string,
  encoding: Encoding,
  quotes: boolean,
): Generator<{ text: string; line: number; offset: number; bytes: number }> {
  const decoder = new TextDecoder(encoding, { ignoreBOM: true });
  const byteLength = (text: string) =>
    encoding === 'utf-8' ? Buffer.byteLength(text) : encoding === 'utf-16le' ? 2 * text.length : text.length;
  let rest = '';
  let [line, offset] = [1, 0];
  const take = (text: string, breakLength: string) => {
    // The mark is no part of the first record, but lies in the file.
    const mark = offset === 0 && text.startsWith('\ufeff') ? byteLength('\ufeff') : 0;
    const kept = mark ? text.slice(1) : text;
    const record = { text: kept, line, offset: offset + mark, bytes: byteLength(kept) };
    offset += mark + record.bytes + byteLength(breakLength);
    line += 1 + (text.match(/\n/g)?.length ?? 0);
    return record;
  };
  for (const { chunk, last } of chunksOf(path)) {
    const text = rest + decoder.decode(chunk, { stream: !last });
    let start = 0;
    let quoted = false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (quotes && code === 34) quoted = !quoted;
      if (code !== 10 || quoted) continue;
      const end = i > start && text.charCodeAt(i - 1) === 13 ? i - 1 : i;
      yield take(text.slice(start, end), text.slice(end, i + 1));
      start = i + 1;
    }
    rest = text.slice(start);
    if (rest.length > LONGEST_RECORD) throw new Error(`${path}: the record from line ${line} on does not end; is a quote not closed?`);
  }
  if (rest !== '') yield take(rest, '');
}
