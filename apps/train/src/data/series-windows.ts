import type { Series, SeriesPart } from '@unroll/datasets/series.ts';
import type { Split } from '@unroll/datasets/split.ts';
import { count, meanAndDeviation, splitInOrder } from './prepared-data.ts';

/** For each part of a split, its first row and the row after its last. */
export type Stretches = Record<keyof Split, [from: number, to: number]>;

/** The parts of a series; the whole series if it has none. */
export const membersOf = ({ name, parts, time }: Series): readonly SeriesPart[] => parts ?? [{ name, start: 0, end: time.length }];

/**
 * Cuts each series into training, validation and test. A single series is cut at shares of its rows, several series at the same moments.
 * @throws if a part has no row.
 */
export function stretchesOf(series: Series, shares: { validation: number; test: number }): Stretches[] {
  const { instants, parts } = series;
  const startsOf = ({ validation, test }: Split) => [validation[0] as number, test[0] as number];
  if (!parts || !instants) {
    return membersOf(series).map(({ start, end }) => {
      const [validation = 0, test = 0] = startsOf(splitInOrder(end - start, shares, 'rows'));
      return stretches([start, start + validation, start + test, end]);
    });
  }
  const moments = instants.toSorted();
  const cuts = startsOf(splitInOrder(moments.length, shares, 'rows')).map((row) => moments[row] as number);
  return parts.map(({ start, end }) => {
    const [validation = 0, test = 0] = cuts.map((moment) => {
      const index = instants.subarray(start, end).findIndex((instant) => instant >= moment);
      return index < 0 ? end : start + index;
    });
    return stretches([start, validation, test, end]);
  });
}

const stretches = ([start, validation, test, end]: [number, number, number, number]): Stretches => ({
  train: [start, validation],
  validation: [validation, test],
  test: [test, end],
});

/**
 * The first rows of the windows with all targets in a part.
 * @throws if a part has no window.
 */
export function windowsIn(series: Series, cut: readonly Stretches[], { context, horizon }: { context: number; horizon: number }): Split {
  const within = (part: keyof Split) => {
    const starts = cut.flatMap((own) => {
      const [from, to] = own[part];
      const first = Math.max(own.train[0], from - context);
      return Array.from({ length: Math.max(0, to - horizon - context - first + 1) }, (_, i) => first + i);
    });
    if (starts.length > 0) return Int32Array.from(starts);
    const most = membersOf(series).reduce((longest, { start, end }) => Math.max(longest, end - start), 0);
    const remedy = 'give more rows, a shorter context or horizon, or other shares';
    throw new Error(`series '${series.name}': ${count(most)} rows leave no window of ${context} and ${horizon} for ${part}; ${remedy}`);
  };
  return { train: within('train'), validation: within('validation'), test: within('test') };
}

/** A warning about series that are too short for a window. */
export function shortMembers({ name, parts = [] }: Series, needed: number): string[] {
  const short = parts.filter(({ start, end }) => end - start < needed);
  const [first] = short;
  if (!first) return [];
  return [
    `${name}: ${count(short.length)} series have fewer than ${needed} rows, too few for a window, and are left out (the first: '${first.name}')`,
  ];
}

/** A model with one scale for all series hardly sees a series that varies this many times less than all rows together. */
const LEVELS_APART = 10;

/** A warning about series at far different levels, which one scale does not fit. */
export function levelsApart(
  { name, parts = [], columns }: Series,
  needed: number,
  targets: readonly { name: string; scale: number }[],
): string[] {
  const long = parts.filter(({ start, end }) => end - start >= needed);
  return targets.flatMap((target) => {
    const values = columns[target.name] as Float64Array;
    const small = long.filter(({ start, end }) => {
      const own = values.subarray(start, end);
      return meanAndDeviation(() => own).scale * LEVELS_APART < target.scale && own.some((value) => value !== own[0]);
    });
    const [first] = small;
    if (!first) return [];
    return [
      `${name}: '${target.name}' varies ${LEVELS_APART} times less within ${count(small.length)} of ${count(long.length)} series than over all ` +
        `(the first: '${first.name}'). All are read with one scale, so their forecasts will be rough; divide each series by its level, or train it alone`,
    ];
  });
}
