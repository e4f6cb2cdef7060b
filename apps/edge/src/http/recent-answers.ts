/** Answers kept by the request that they answer, so that equal requests cost one run. The oldest go when there are too many. */
export interface RecentAnswers<T> {
  get(request: string): T | undefined;
  put(request: string, answer: T, size: number): void;
}

/** @param capacity characters of requests plus the sizes of answers that are kept. */
export function createRecentAnswers<T>(capacity: number): RecentAnswers<T> {
  const kept = new Map<string, { answer: T; size: number }>();
  let total = 0;
  const drop = (request: string) => {
    total -= kept.get(request)?.size ?? 0;
    kept.delete(request);
  };
  return {
    get(request) {
      const found = kept.get(request);
      if (!found) return undefined;
      kept.delete(request);
      kept.set(request, found);
      return found.answer;
    },
    put(request, answer, size) {
      drop(request);
      const own = request.length + size;
      // One that would push most others out is not worth it.
      if (own > capacity / 16) return;
      kept.set(request, { answer, size: own });
      total += own;
      for (const oldest of kept.keys()) {
        if (total <= capacity) break;
        drop(oldest);
      }
    },
  };
}
