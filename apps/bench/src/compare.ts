import type { Case } from './cases.ts';
import type { Peer } from './peer.ts';

export interface Row extends Omit<Case, 'suite' | 'lengths'> {
  /** Share of real steps, if some are padded. */
  real?: number;
  /** Median milliseconds, by contestant. */
  ms: Record<string, number>;
  /** Each peer's time over ours: the median of the rounds' ratios. */
  ratio: Record<string, number>;
  /** Why a contestant has no time. */
  skipped: Record<string, string>;
}

/** A contestant that needs more milliseconds per call runs only in the first rounds, because its ratio need not be precise. */
const SLOW_MS = 1500;
const ROUNDS_OF_THE_SLOW = 2;

/**
 * Times a case with all contestants in turn, round by round, so that other load on the machine affects all of them equally. The first
 * contestant is ours. Each warms up for `warmUpMs` and then runs for about `roundMs` per round.
 */
export async function compare(
  each: Case,
  contestants: readonly Peer[],
  options: { rounds: number; warmUpMs: number; roundMs: number },
): Promise<Row> {
  const skipped: Record<string, string> = {};
  const running: { peer: Peer; calls: number; times: number[]; slow: boolean }[] = [];
  for (const peer of contestants) {
    try {
      let ms = await peer.time(each, 1);
      for (let spent = ms; spent < options.warmUpMs; spent += ms * callsFor(ms, 50)) ms = await peer.time(each, callsFor(ms, 50));
      running.push({ peer, calls: callsFor(ms, options.roundMs), times: [], slow: ms > SLOW_MS });
    } catch (error) {
      skipped[peer.name] = (error as Error).message;
    }
  }
  for (let round = 0; round < options.rounds; round++) {
    for (const { peer, calls, times, slow } of running) {
      if (round < ROUNDS_OF_THE_SLOW || !slow) times.push(await peer.time(each, calls));
    }
  }
  const [ours, ...peers] = running;
  if (!ours || ours.peer !== contestants[0]) throw new Error(`bench: our own side failed: ${skipped[contestants[0]?.name ?? '']}`);
  const { suite, lengths, ...sizes } = each;
  return {
    ...sizes,
    ...(lengths && { real: lengths.reduce((sum, length) => sum + length, 0) / (each.B * each.T) }),
    ms: Object.fromEntries(running.map(({ peer, times }) => [peer.name, median(times)])),
    ratio: Object.fromEntries(
      peers.map(({ peer, times }) => [peer.name, median(times.map((time, i) => time / (ours.times[i] as number)))]),
    ),
    skipped,
  };
}

const callsFor = (ms: number, target: number) => Math.max(1, Math.min(1000, Math.round(target / Math.max(ms, 1e-3))));

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
