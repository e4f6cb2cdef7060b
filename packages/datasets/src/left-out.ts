/** Rows of a table that cannot be used: the first few described, the rest counted. */
export interface LeftOut {
  /** @param why what is wrong with the row: "column 'age' is empty". */
  add(line: number, why: string): void;
  readonly count: number;
  /** One sentence for each of the first rows, then one that counts the rest. */
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
