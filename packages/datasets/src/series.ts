/** Numbers over time, a row a step, the oldest first. Several series lie one after the other. */
export interface Series {
  name: string;
  /** The time of each row, as the source writes it. */
  time: readonly string[];
  columns: Readonly<Record<string, Float64Array>>;
  /** Where it comes from and under which license. */
  source: string;
  /** Where each of several series lies; one series is all rows. */
  parts?: readonly SeriesPart[] | undefined;
  /** The time of each row as a number. Needed where there are several series: they are split at the same moments. */
  instants?: Float64Array | undefined;
  /** What a reader of the result should know of the rows, in sentences. */
  notes?: readonly string[] | undefined;
}

export interface SeriesPart {
  name: string;
  /** Its first row, and the row after its last. */
  start: number;
  end: number;
}

/** @throws an error that names the column, and the row, that cannot be learned from. */
export function checkSeries({ name, time, columns }: Series): void {
  if (time.length === 0) throw new Error(`series '${name}' is empty: there is nothing to learn from`);
  for (const [column, values] of Object.entries(columns)) {
    if (values.length !== time.length) throw new Error(`series '${name}': column '${column}' has ${values.length} rows of ${time.length}`);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0)
      throw new Error(`series '${name}': column '${column}' holds ${values[bad]} in row ${bad + 1} (${time[bad]}); expected a number`);
  }
}
