/** Numbers over time, one row per step, the oldest first. Several series are stored one after the other. */
export interface Series {
  name: string;
  /** The time of each row, in the source's own text. */
  time: readonly string[];
  columns: Readonly<Record<string, Float64Array>>;
  /** Where it comes from and under which license. */
  source: string;
  /** The rows of each series; left out if there is only one. */
  parts?: readonly SeriesPart[] | undefined;
  /** The time of each row as a number. Several series need it: they are split at the same moments. */
  instants?: Float64Array | undefined;
  /** Sentences about the rows that a reader of the result should know. */
  notes?: readonly string[] | undefined;
}

export interface SeriesPart {
  name: string;
  /** Its first row, and the row after its last. */
  start: number;
  end: number;
}

/** @throws an error that names the column and the row with a value that cannot be used. */
export function checkSeries({ name, time, columns }: Series): void {
  if (time.length === 0) throw new Error(`series '${name}' is empty: there is nothing to learn from`);
  for (const [column, values] of Object.entries(columns)) {
    if (values.length !== time.length) throw new Error(`series '${name}': column '${column}' has ${values.length} rows of ${time.length}`);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new Error(`series '${name}': column '${column}' holds ${values[bad]} in row ${bad + 1} (${time[bad]}); expected a number`);
  }
}
