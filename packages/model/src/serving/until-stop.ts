/** Why a text ended: at a stop text, or at the requested length. */
export type FinishReason = 'stop' | 'length';

/** Yields pieces up to the first stop text, which may span pieces. What may begin a stop text is held back until that is clear. */
export function* untilStop(pieces: Iterable<string>, stops: readonly string[]): Generator<string, FinishReason> {
  let held = '';
  for (const piece of pieces) {
    held += piece;
    const found = stops.map((stop) => held.indexOf(stop)).filter((at) => at >= 0);
    if (found.length) {
      const clear = held.slice(0, Math.min(...found));
      if (clear) yield clear;
      return 'stop';
    }
    const clear = held.length - longestBeginning(held, stops);
    if (clear > 0) yield held.slice(0, clear);
    held = held.slice(clear);
  }
  if (held) yield held;
  return 'length';
}

/** The most characters at the end of the text that begin a stop text. */
function longestBeginning(text: string, stops: readonly string[]): number {
  const lengths = stops.flatMap((stop) => {
    const most = Math.min(stop.length - 1, text.length);
    return Array.from({ length: most }, (_, i) => most - i).find((length) => stop.startsWith(text.slice(-length))) ?? 0;
  });
  return Math.max(0, ...lengths);
}
