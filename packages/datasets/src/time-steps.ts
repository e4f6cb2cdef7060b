import type { TimeUnit } from './times.ts';

interface TimedRow {
  line: number;
  time: string;
  instant: number;
}

/** A step within this share of the usual one counts as usual: months have 28 to 31 days. */
const ALIKE = 0.12;

/** A sentence about uneven or missing steps between rows sorted by time; none if they are evenly spaced. */
export function noteOnSteps(path: string, members: readonly (readonly TimedRow[])[], unit: TimeUnit): string[] {
  const steps = members.flatMap((rows) =>
    rows.slice(1).map((row, i) => ({ from: rows[i] as TimedRow, length: row.instant - (rows[i] as TimedRow).instant })),
  );
  if (steps.length === 0) return [];
  const lengths = steps.map(({ length }) => length).sort((a, b) => a - b);
  const usual = lengths[lengths.length >> 1] as number;
  const spelled = (length: number) => (unit === 'numbers' ? String(length) : spell(length));
  const alike = steps.filter(({ length }) => Math.abs(length - usual) <= ALIKE * usual);
  if (2 * alike.length < steps.length) {
    return [
      `${path}: rows are unevenly spaced in time, from ${spelled(lengths[0] as number)} to ${spelled(lengths.at(-1) as number)}; the model reads them as equal steps`,
    ];
  }
  const gaps = steps.filter(({ length }) => Math.round(length / usual) > 1);
  const missing = gaps.reduce((sum, { length }) => sum + Math.round(length / usual) - 1, 0);
  const [first] = gaps;
  if (!first) return [];
  const count = missing === 1 ? '1 step is missing' : `${missing.toLocaleString('en')} steps are missing`;
  const places = gaps.length === 1 ? '' : ` in ${gaps.length.toLocaleString('en')} places`;
  return [
    `${path}: rows are ${spelled(usual)} apart, but ${count}${places}, the first after line ${first.from.line} (${first.from.time}); the model reads across them`,
  ];
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

function spell(milliseconds: number): string {
  const days = milliseconds / 86_400_000;
  if (days >= 28 && days <= 31) return '1 month';
  if (days >= 365 && days <= 366) return '1 year';
  const [name, size] = UNITS.find(([, length]) => milliseconds >= length) ?? ['millisecond', 1];
  const count = Math.round((milliseconds / size) * 100) / 100;
  return `${count.toLocaleString('en')} ${name}${count === 1 ? '' : 's'}`;
}
