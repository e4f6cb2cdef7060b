import { createLeftOut } from './left-out.ts';
import { isMissing } from './missing-words.ts';
import { checkColumns, openRecords, type TableOptions } from './records.ts';
import { checkDataset, classOf, type TextDataset } from './text-sample.ts';

/** Labelled texts, in memory or in a file. */
export interface TextSource {
  name: string;
  /** Class names by index. */
  labels: readonly string[];
  /** Where it comes from and under which license. */
  source: string;
  size: number;
  /** The index of a text's label, or of its most probable label. */
  labelOf(i: number): number;
  /** A probability for each label; undefined for a text with one label. */
  probabilitiesOf?: ((i: number) => readonly number[] | undefined) | undefined;
  textOf(i: number): string;
  /** All texts in order. */
  texts(): Iterable<string>;
  /** One sentence for each of the first rows left out, with its line, then a count of the rest. */
  problems: readonly string[];
  /** The origin of a sample (an author, a patient), if the table has a column for it. */
  idOf?: ((i: number) => string) | undefined;
}

/** Texts in memory. @throws if there are no samples, a label is wrong, or there is only one class. */
export function textsInMemory(dataset: TextDataset): TextSource {
  checkDataset(dataset);
  const { samples, ...about } = dataset;
  const sampleOf = (i: number) => samples[i] as TextDataset['samples'][number];
  return {
    ...about,
    size: samples.length,
    labelOf: (i) => classOf(sampleOf(i).label),
    probabilitiesOf(i) {
      const { label } = sampleOf(i);
      return typeof label === 'number' ? undefined : label;
    },
    textOf: (i) => sampleOf(i).text,
    texts: () => samples.map(({ text }) => text),
    problems: [],
  };
}

export interface TextFileOptions extends TableOptions {
  path: string;
  /** Column names. */
  text: string;
  label: string;
  id?: string | undefined;
}

/**
 * Texts in a CSV, TSV or JSON lines file. The file may be larger than memory: only labels and places are kept. Classes are the values of
 * the label column in alphabetical order. Rows that cannot be read, or have no text or label, are left out and listed.
 * @throws if a column is missing, no row is left, or there is only one class.
 */
export function openTextFile({ path, text, label, id, ...table }: TextFileOptions): TextSource {
  const file = openRecords(path, table);
  checkColumns(file, [text, label, ...(id === undefined ? [] : [id])]);
  const places: number[] = [];
  const sizes: number[] = [];
  const names: number[] = [];
  const ids: string[] = [];
  const classes = new Map<string, number>();
  const leftOut = createLeftOut(path);
  for (const { values, problem, line, offset, bytes } of file.records()) {
    const wrong = problem ?? missingIn(values ?? {}, [label, text]);
    if (wrong !== undefined) {
      leftOut.add(line, wrong);
      continue;
    }
    const value = values?.[label]?.trim() as string;
    const known = classes.get(value) ?? classes.size;
    classes.set(value, known);
    places.push(offset);
    sizes.push(bytes);
    names.push(known);
    if (id !== undefined) ids.push(values?.[id] ?? '');
  }
  const labels = [...classes.keys()].sort();
  const rank = new Map([...classes].map(([value, index]) => [index, labels.indexOf(value)]));
  const problems = leftOut.sentences();
  if (places.length === 0) throw new Error(`${path} holds no row to learn from${problems.length ? `. ${problems[0]}` : ''}`);
  checkClasses(labels, label, path);
  const recordAt = (i: number) => file.at({ offset: places[i] as number, bytes: sizes[i] as number });
  return {
    name: path,
    labels,
    source: path,
    size: places.length,
    labelOf: (i) => rank.get(names[i] as number) as number,
    textOf: (i) => recordAt(i)[text] as string,
    *texts() {
      for (const { values } of file.records()) if (values && missingIn(values, [label, text]) === undefined) yield values[text] as string;
    },
    problems,
    idOf: id === undefined ? undefined : (i) => ids[i] as string,
  };
}

/** A message about the first of `columns` without a value in the row; undefined if all have one. */
function missingIn(values: Record<string, string>, columns: readonly string[]): string | undefined {
  const missing = columns.find((name) => isMissing(values[name] ?? ''));
  if (missing === undefined) return undefined;
  const cell = values[missing]?.trim() ?? '';
  return `column '${missing}' ${cell === '' ? 'is empty' : `holds ${JSON.stringify(cell)}`}`;
}

/** @throws if there is only one class. */
export function checkClasses(labels: readonly string[], column: string, path: string): void {
  if (labels.length < 2)
    throw new Error(`${path}: column '${column}' holds one class only, '${labels[0]}': there is nothing to tell apart`);
}
