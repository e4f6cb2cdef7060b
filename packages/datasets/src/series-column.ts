import type { RecordFile } from './records.ts';

/** Up to this share of rows that repeat a time counts as mistakes. With more, the table holds several series. */
export const REPEATED_AT_MOST = 0.1;

/**
 * Finds the column that tells several series apart: within one of its values, hardly any time repeats. If several columns qualify, the one
 * with the fewest values wins.
 * @returns 'none needed' if times hardly repeat; undefined if they do and no candidate qualifies.
 */
export function seriesColumnOf(
  file: RecordFile,
  time: string,
  candidates: readonly string[],
): { column: string; series: number } | 'none needed' | undefined {
  const times = new Set<string>();
  const pairs = candidates.map((column) => ({ column, names: new Set<string>(), seen: new Set<string>() }));
  let rows = 0;
  for (const { values } of file.records()) {
    const at = values?.[time]?.trim();
    if (!values || !at) continue;
    rows++;
    times.add(at);
    for (const { column, names, seen } of pairs) {
      const name = values[column] ?? '';
      names.add(name);
      seen.add(JSON.stringify([at, name]));
    }
  }
  const enough = (1 - REPEATED_AT_MOST) * rows;
  if (times.size >= enough) return 'none needed';
  const telling = pairs.filter(({ seen, names }) => seen.size >= enough && names.size < rows / 2);
  const [best] = telling.sort((a, b) => a.names.size - b.names.size);
  return best && { column: best.column, series: best.names.size };
}

/** How many rows `usable` accepts. */
export function countRows(file: RecordFile, usable: (values: Record<string, string>) => boolean): number {
  let count = 0;
  for (const { values } of file.records()) if (values && usable(values)) count++;
  return count;
}
