/** Counts requests by key in whole minutes, in memory: a restart begins at zero. */
export function createRateLimit(perMinute: number, now = Date.now): RateLimit {
  let minute = 0;
  let counts = new Map<string, number>();
  return {
    async limit({ key = '' }) {
      const current = Math.floor(now() / 60_000);
      if (current !== minute) {
        minute = current;
        counts = new Map();
      }
      const count = (counts.get(key) ?? 0) + 1;
      counts.set(key, count);
      return { success: count <= perMinute };
    },
  };
}
