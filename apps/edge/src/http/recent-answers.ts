/** A cache of answers by request: equal requests cost one run. The least recently used go first. */
export interface RecentAnswers<T> {
  get(request: string): T | undefined;
  put(request: string, answer: T, size: number): void;
}

/** @param capacity limits the characters of requests plus the sizes of their answers. */
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
      // A larger one would evict most others.
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
