import { createLeftOut } from './left-out.ts';
import { isMissing } from './missing-words.ts';
import { checkColumns, openRecords, type TableOptions } from './records.ts';
import { checkDataset, classOf, type TextDataset } from './text-sample.ts';

/** Labelled texts, wherever they lie. */
export interface TextSource {
  name: string;
  /** Class names by index. */
  labels: readonly string[];
  /** Where it comes from and under which license. */
  source: string;
  size: number;
  /** Index of a text's label, or of its most probable one. */
  labelOf(i: number): number;
  /** A probability for each label, where a text has these instead of one label. */
  probabilitiesOf?: ((i: number) => readonly number[] | undefined) | undefined;
  textOf(i: number): string;
  /** All texts in their order. */
  texts(): Iterable<string>;
  /** Rows that are left out, in sentences: the first ones with their lines. */
  problems: readonly string[];
  /** Names a sample's origin (an author, a patient), if there is a column for it. */
  idOf?: ((i: number) => string) | undefined;
}

/** Texts in memory. @throws if nothing can be learned from them. */
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
 * Texts in a CSV, TSV or JSON lines file, which may be larger than memory: only labels and places are held. Classes are the values of
 * the label column in alphabetical order. Rows that cannot be read, or lack a text or label, are left out and listed.
 * @throws if a column is missing or nothing can be learned.
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

/** Which of some columns has no value in a row, in words. */
function missingIn(values: Record<string, string>, columns: readonly string[]): string | undefined {
  const missing = columns.find((name) => isMissing(values[name] ?? ''));
  if (missing === undefined) return undefined;
  const cell = values[missing]?.trim() ?? '';
  return `column '${missing}' ${cell === '' ? 'is empty' : `holds ${JSON.stringify(cell)}`}`;
}

/** @throws if there is one class only. */
export function checkClasses(labels: readonly string[], column: string, path: string): void {
  if (labels.length < 2)
    throw new Error(`${path}: column '${column}' holds one class only, '${labels[0]}': there is nothing to tell apart`);
}
