/** Why a text ended: at one of the texts that stop it, or because it is as long as asked for. */
export type FinishReason = 'stop' | 'length';

/** Pieces up to the first text of `stops`, wherever the pieces are cut. What may be the beginning of one is held back until it is clear. */
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

/** Characters at the text's end that begin one of `stops`. */
function longestBeginning(text: string, stops: readonly string[]): number {
  const lengths = stops.flatMap((stop) => {
    const most = Math.min(stop.length - 1, text.length);
    return Array.from({ length: most }, (_, i) => most - i).find((length) => stop.startsWith(text.slice(-length))) ?? 0;
  });
  return Math.max(0, ...lengths);
}
