import { openRecords, type RecordFormat } from './records.ts';
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
  /** Rows that could not be read, for a person: the first ones, with their lines. */
  problems: readonly string[];
  /** What tells samples of one origin (an author, a patient), if there is a column for it. */
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

export interface TextFileOptions {
  path: string;
  format?: RecordFormat | undefined;
  /** Column names. */
  text: string;
  label: string;
  id?: string | undefined;
}

const PROBLEMS_KEPT = 20;

/**
 * Texts in a CSV, TSV or JSON lines file, which may be larger than memory: only labels and places are held. Classes are the values of
 * the label column in alphabetical order. Rows that cannot be read, or lack a text or label, are left out and listed.
 * @throws if a column is missing or nothing can be learned.
 */
export function openTextFile({ path, format, text, label, id }: TextFileOptions): TextSource {
  const file = openRecords(path, format);
  for (const column of [text, label, ...(id === undefined ? [] : [id])]) {
    if (!file.columns.includes(column)) throw new Error(`${path} has no column '${column}'; it has ${file.columns.join(', ')}`);
  }
  const places: number[] = [];
  const sizes: number[] = [];
  const names: number[] = [];
  const ids: string[] = [];
  const classes = new Map<string, number>();
  const problems: string[] = [];
  let bad = 0;
  for (const { values, problem, line, offset, bytes } of file.records()) {
    const value = values?.[label]?.trim() ?? '';
    const wrong = problem ?? (value === '' ? `no ${label}` : values?.[text]?.trim() ? undefined : `no ${text}`);
    if (wrong !== undefined) {
      if (bad++ < PROBLEMS_KEPT) problems.push(`line ${line}: ${wrong}`);
      continue;
    }
    const known = classes.get(value) ?? classes.size;
    classes.set(value, known);
    places.push(offset);
    sizes.push(bytes);
    names.push(known);
    if (id !== undefined) ids.push(values?.[id] ?? '');
  }
  if (bad > problems.length) problems.push(`and ${bad - problems.length} more rows`);
  const labels = [...classes.keys()].sort();
  const rank = new Map([...classes].map(([value, index]) => [index, labels.indexOf(value)]));
  if (places.length === 0) throw new Error(`${path} holds no row that can be used${problems.length ? `: ${problems[0]}` : ''}`);
  if (labels.length < 2) throw new Error(`${path}: column '${label}' holds one class only, '${labels[0]}': there is nothing to tell apart`);
  const recordAt = (i: number) => file.at({ offset: places[i] as number, bytes: sizes[i] as number });
  return {
    name: path,
    labels,
    source: path,
    size: places.length,
    labelOf: (i) => rank.get(names[i] as number) as number,
    textOf: (i) => recordAt(i)[text] as string,
    *texts() {
      for (const { values } of file.records()) if (values?.[text]?.trim() && values[label]?.trim()) yield values[text];
    },
    problems,
    idOf: id === undefined ? undefined : (i) => ids[i] as string,
  };
}
