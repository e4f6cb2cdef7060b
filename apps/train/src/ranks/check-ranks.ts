import { setTimeout as sleep } from 'node:timers/promises';
import { differences } from '../run/checkpoint.ts';
import { EveryRankFailed, type Ranks } from './ranks.ts';

/** What must be equal on all ranks, as a tree of plain values. */
export type Facts = Record<string, unknown>;

type Report = { facts: Facts } | { error: string };

/** Slower ranks get this many times rank 0's time to read their data. */
const PATIENCE = 3;

/**
 * Prepares a run on every rank and compares what must be equal.
 * @param prepare gives this rank's result, and its facts.
 * @throws on every rank the errors of all ranks, or all differences, or the names of ranks that do not answer.
 */
export async function prepareAlike<T>(ranks: Ranks, limitSeconds: number, prepare: () => Promise<{ result: T; facts: Facts }>): Promise<T> {
  if (ranks.size === 1) return (await prepare()).result;
  const started = performance.now();
  const own = await attempt(prepare);
  const report: Report = own.error === undefined ? { facts: own.value.facts } : { error: own.error.message };
  const patience = limitSeconds * 1000 + PATIENCE * (performance.now() - started);
  const problem = await compared(ranks, report, patience);
  if (problem !== undefined) throw new EveryRankFailed(problem);
  if (own.error) throw own.error;
  return own.value.result;
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value: T; error?: undefined } | { error: Error }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: error as Error };
  }
}

async function compared(ranks: Ranks, report: Report, patience: number): Promise<string | undefined> {
  const missing = new Set(Array.from({ length: ranks.size - 1 }, (_, i) => i + 1));
  const reports = ranks.gather(report, (rank) => missing.delete(rank));
  // Rank 0 speaks first: it knows which ranks are missing.
  const limit = patience * (ranks.rank === 0 ? 1 : 2);
  const clock = new AbortController();
  const late = sleep(limit, undefined, { signal: clock.signal }).then(
    () => {
      const names = ranks.rank === 0 ? [...missing].map(ranks.nameOf).join(', ') : ranks.nameOf(0);
      throw new Error(
        `${names} did not answer within ${Math.round(limit / 1000)} s of the start. Start the job again; --rank-timeout allows more time.`,
      );
    },
    () => undefined,
  );
  const exchange = async () => {
    const all = await reports;
    return (await ranks.broadcast(all && { problem: problemOf(ranks, all) })).problem;
  };
  try {
    return await Promise.race([exchange(), late]);
  } finally {
    clock.abort();
  }
}

/** Why the ranks cannot train together; undefined if they can. */
function problemOf(ranks: Ranks, reports: readonly Report[]): string | undefined {
  const errors = reports.flatMap((report, rank) => ('error' in report ? [{ rank, error: report.error }] : []));
  const [first] = errors;
  if (first) {
    const isCommon = errors.length === reports.length && errors.every(({ error }) => error === first.error);
    return isCommon ? first.error : errors.map(({ rank, error }) => `${ranks.nameOf(rank)}: ${error}`).join('\n');
  }
  const facts = reports.map((report) => (report as { facts: Facts }).facts);
  const lines = facts.flatMap((each, rank) =>
    differences(facts[0], each).map(
      ({ path, was, is }) => `  - ${path}: ${written(was)} on ${ranks.nameOf(0)}, ${written(is)} on ${ranks.nameOf(rank)}`,
    ),
  );
  if (lines.length === 0) return undefined;
  return `the ranks differ, so they cannot train one model:\n${lines.join('\n')}\nStart all ranks with the same command, files and versions.`;
}

const written = (value: unknown) => (value === undefined ? 'none' : JSON.stringify(value));
