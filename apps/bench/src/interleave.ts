/** Something to time, by the name of who does it. */
export type Contestants = Readonly<Record<string, () => void>>;

/**
 * Median milliseconds of each contestant. They take turns, round by round, so that whatever else the machine does
 * hits all of them; only ratios between them mean anything.
 */
export function interleave(contestants: Contestants, rounds: number): Record<string, number> {
  const names = Object.keys(contestants);
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const name of names) {
      const started = performance.now();
      contestants[name]?.();
      // Two rounds for the engine to warm up.
      if (round >= 0) times.get(name)?.push(performance.now() - started);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])]));
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
