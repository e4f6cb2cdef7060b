/** Rows of a table that cannot be used: the first in words, the rest as a count. */
export interface LeftOut {
  /** @param why as a sentence without its subject: "column 'age' is empty". */
  add(line: number, why: string): void;
  readonly count: number;
  /** A sentence a row, then one for those beyond the first. */
  sentences(): string[];
}

export function createLeftOut(path: string, kept = 10): LeftOut {
  const first: string[] = [];
  let count = 0;
  return {
    add(line, why) {
      if (count++ < kept) first.push(`${path}, line ${line}: ${why}; the row is left out`);
    },
    get count() {
      return count;
    },
    sentences: () =>
      count > first.length ? [...first, `${path}: ${(count - first.length).toLocaleString('en')} more rows are left out`] : first,
  };
}
