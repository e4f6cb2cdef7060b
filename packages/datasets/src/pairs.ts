import { createLeftOut } from './left-out.ts';
import { checkColumns, openRecords, type TableOptions } from './records.ts';

/** A text and its translation. */
export interface Pair {
  source: string;
  target: string;
}

export interface PairDataset {
  name: string;
  pairs: readonly Pair[];
  /** Where it comes from and under which license. */
  source: string;
}

/** Pairs without an empty side. */
export interface PairTexts extends PairDataset {
  /** One sentence for each of the first pairs left out, then a count of the rest. */
  problems: readonly string[];
}

/** @throws if no pair is left. */
export function pairsInMemory({ name, pairs, source }: PairDataset): PairTexts {
  const [kept, empty]: [Pair[], number[]] = [[], []];
  for (const [i, pair] of pairs.entries()) {
    if (emptySide(pair) === undefined) kept.push(pair);
    else empty.push(i);
  }
  const [first] = empty;
  const problems =
    first === undefined
      ? []
      : [
          `data set '${name}': ${empty.length.toLocaleString('en')} pairs have an empty side (the first: pair ${first + 1}, its ` +
            `${emptySide(pairs[first] as Pair)}); they are left out`,
        ];
  return checked({ name, pairs: kept, source, problems });
}

export interface PairFileOptions extends TableOptions {
  path: string;
  /** Column names. */
  source: string;
  target: string;
}

/**
 * The pairs in two columns of a CSV, TSV or JSON lines file. Rows that cannot be read, or have an empty side, are left out and listed.
 * Any other cell is a text: 'null' is a German word, so no word means that a value is missing.
 * @throws if a column is missing, or no row is left.
 */
export function openPairFile({ path, source, target, ...table }: PairFileOptions): PairTexts {
  const file = openRecords(path, table);
  checkColumns(file, [source, target]);
  const leftOut = createLeftOut(path);
  const pairs: Pair[] = [];
  for (const { values, problem, line } of file.records()) {
    const pair = { source: values?.[source] ?? '', target: values?.[target] ?? '' };
    const side = emptySide(pair);
    if (!values) leftOut.add(line, problem ?? 'the row cannot be read');
    else if (side !== undefined) leftOut.add(line, `column '${side === 'source' ? source : target}' is empty`);
    else pairs.push(pair);
  }
  return checked({ name: path, pairs, source: path, problems: leftOut.sentences() });
}

const emptySide = ({ source, target }: Pair): keyof Pair | undefined =>
  source.trim() === '' ? 'source' : target.trim() === '' ? 'target' : undefined;

function checked(texts: PairTexts): PairTexts {
  if (texts.pairs.length > 0) return texts;
  const [first] = texts.problems;
  throw new Error(`${texts.name} holds no pair to learn from${first ? `. ${first}` : ''}`);
}
