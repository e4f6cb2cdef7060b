import type { Line } from './lines.ts';

/** A row of a CSV file and its place in the file. */
export interface CsvRow {
  /** Undefined if the row cannot be read. */
  cells: string[] | undefined;
  /** Why the row cannot be read. */
  problem?: string;
  /** The line of its first character, or of the quote that is the problem. */
  line: number;
  offset: number;
  bytes: number;
}

/** A quoted cell longer than this counts as one that was never closed. */
const LONGEST_CELL = 1 << 24;
/** A quoted cell that spans this many lines, each with as many cells as the table has columns, counts as an open quote that swallowed rows. */
const SWALLOWED = 5;

/**
 * Rows of CSV (RFC 4180). A quote opens a cell only at its start and is an ordinary character elsewhere. Quoted cells may hold line breaks.
 * Blank lines between rows are skipped. A quote that is never closed costs its own line; reading resumes on the next one. A quote counts as
 * never closed if text follows the quote that would close it, if the file ends first, or if the cell holds whole rows.
 * @param columns how many cells a row has, once the header is read.
 */
export function* csvRows(lines: Iterable<Line>, separator: string, columns: () => number | undefined): Generator<CsvRow> {
  const source = lines[Symbol.iterator]();
  /** Lines to read again, in reverse order. */
  const again: Line[] = [];
  const next = () => again.pop() ?? (source.next().value as Line | undefined);
  for (let first = next(); first; first = next()) {
    const { line, offset, bytes } = first;
    if (first.text.trim() === '' && !first.text.includes(separator)) continue;
    if (!first.text.includes('"')) {
      yield { cells: first.text.split(separator), line, offset, bytes };
      continue;
    }
    const scan: Scan = { cells: [], cell: undefined, opened: 0, length: 0 };
    const taken = [first];
    /** The line of the first quote that is still open at the end of its line. */
    let spanning: number | undefined;
    let state = scanLine(scan, first, separator);
    while (state === 'open' && scan.length < LONGEST_CELL) {
      spanning ??= scan.opened;
      const more = next();
      if (!more) break;
      taken.push(more);
      state = scanLine(scan, more, separator);
    }
    const wanted = columns();
    const swallows =
      spanning !== undefined && wanted !== undefined && (scan.cells.length !== wanted || holdsRows(taken, separator, wanted));
    if (state === 'whole' && !swallows) {
      const last = taken.at(-1) as Line;
      yield { cells: scan.cells, line, offset, bytes: last.offset + last.bytes - offset };
      continue;
    }
    const culprit = spanning ?? line;
    for (const read of taken.filter((each) => each.line > culprit).reverse()) again.push(read);
    const problem =
      spanning === undefined
        ? 'text follows a closing quote; double the quotes inside a quoted cell'
        : 'a quote opens here and is not closed before the next row';
    yield { cells: undefined, problem, line: culprit, offset, bytes };
  }
}

/** The cells of one row; any line break in `text` is inside a quoted cell. */
export function cellsOf(text: string, separator: string): string[] {
  if (!text.includes('"')) return text.split(separator);
  const scan: Scan = { cells: [], cell: undefined, opened: 0, length: 0 };
  scanLine(scan, { text, end: '', line: 1 }, separator);
  return scan.cells;
}

interface Scan {
  cells: string[];
  /** The quoted cell that is open. */
  cell: string | undefined;
  /** The line where it opened. */
  opened: number;
  /** Characters in the open cell. */
  length: number;
}

/** Reads a line's cells. An open cell continues on the next line. */
function scanLine(scan: Scan, { text, end, line }: Pick<Line, 'text' | 'end' | 'line'>, separator: string): 'whole' | 'open' | 'broken' {
  for (let at = 0; ; ) {
    if (scan.cell === undefined) {
      if (text[at] === '"') {
        scan.cell = '';
        scan.opened = line;
        scan.length = 0;
        at++;
      } else {
        const stop = text.indexOf(separator, at);
        scan.cells.push(text.slice(at, stop < 0 ? undefined : stop));
        if (stop < 0) return 'whole';
        at = stop + 1;
        continue;
      }
    }
    const quote = text.indexOf('"', at);
    if (quote < 0) {
      scan.cell += text.slice(at) + end;
      scan.length += text.length - at + end.length;
      return 'open';
    }
    scan.cell += text.slice(at, quote);
    at = quote + 1;
    if (text[at] === '"') {
      scan.cell += '"';
      at++;
      continue;
    }
    const stop = text.indexOf(separator, at);
    if (text.slice(at, stop < 0 ? undefined : stop).trim() !== '') return 'broken';
    scan.cells.push(scan.cell);
    scan.cell = undefined;
    if (stop < 0) return 'whole';
    at = stop + 1;
  }
}

function holdsRows(taken: readonly Line[], separator: string, columns: number): boolean {
  const inside = taken.slice(1, -1);
  return columns > 1 && inside.length >= SWALLOWED && inside.every(({ text }) => text.split(separator).length === columns);
}

const SEPARATORS = [',', ';', '\t', '|'];

/** The separator that cuts the header and the most rows into the same number of cells, at least two; a comma if none does. */
export function separatorOf(lines: readonly Line[]): string {
  const scores = SEPARATORS.map((separator) => {
    const [header, ...rows] = [...csvRows(lines, separator, () => undefined)].map(({ cells }) => cells?.length ?? 0);
    const like = rows.filter((cells) => cells === header).length / Math.max(1, rows.length);
    return { separator, score: (header ?? 0) > 1 ? 1 + like : 0 };
  });
  return scores.reduce((best, each) => (each.score > best.score ? each : best)).separator;
}
