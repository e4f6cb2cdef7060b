import type { Artifact } from '@unroll/artifact/artifact.ts';
import type { Metric } from '@unroll/model/tasks/task.ts';
import { plainTable } from '../terminal/table.ts';
import type { Scores } from '../training/evaluate.ts';

/** One line of the final table. */
export interface Contender {
  name: string;
  /** Metrics on the test samples; a rival may have only some of them. */
  scores: Partial<Scores>;
  bytes?: number | undefined;
  /** The median time of one answer. */
  milliseconds?: number | undefined;
}

/** A trained model and its artifact. The artifact's metrics are its scores on the test samples. */
export interface Candidate {
  name: string;
  artifact: Artifact;
  bytes: number;
}

/** The columns of the final table, for terminal and report: a heading, and a function that formats a cell. */
export function columnsOf(
  metrics: Readonly<Record<string, Metric>>,
  unit: string,
): { head: string; cell: (contender: Contender) => string }[] {
  const figures = Object.entries(metrics).map(([name, { format }]) => ({
    head: name,
    cell: ({ scores }: Contender) => (scores[name] === undefined ? '' : format(scores[name])),
  }));
  return [
    ...figures,
    { head: 'bytes', cell: ({ bytes }) => bytes?.toLocaleString('en') ?? '' },
    { head: `ms per ${unit}`, cell: ({ milliseconds: ms }) => ms?.toFixed(ms < 0.1 ? 3 : 2) ?? '' },
  ];
}

/** The contenders as a table for the terminal. */
export function contendersTable(contenders: readonly Contender[], metrics: Readonly<Record<string, Metric>>, unit: string): string {
  const columns = columnsOf(metrics, unit);
  const rows = contenders.map((contender) => [contender.name, ...columns.map(({ cell }) => cell(contender))]);
  return plainTable(['on the test samples', ...columns.map(({ head }) => head)], rows);
}

const TIMED = 100;
/** Untimed answers before the timed ones, so that the engine compiles the hot code first. */
const WARM_UP = 40;

/** Median time of `answer` over up to 100 different calls. */
export function medianMilliseconds(calls: number, answer: (call: number) => unknown): number {
  for (let call = 0; call < WARM_UP; call++) answer(call % calls);
  const times = Array.from({ length: Math.min(TIMED, calls) }, (_, call) => {
    const started = performance.now();
    answer(call);
    return performance.now() - started;
  });
  return times.sort((a, b) => a - b)[times.length >> 1] as number;
}
