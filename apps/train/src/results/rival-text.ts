/** A text that a rival learns from. */
export interface RivalText {
  tokens: readonly string[];
  /** Of each class; a sure label is a 1 among zeros. */
  probabilities: readonly number[];
  /** How many texts it counts as. */
  weight: number;
}

/** A classifier that knows words and pairs of words, but no order beyond. */
export interface RivalClassifier {
  /** The most probable class of a tokenized text. */
  classOf(tokens: readonly string[]): number;
  /** Size of its numbers as float32. */
  readonly bytes: number;
}

/** Words, and pairs of neighbouring words. */
export function gramsOf(tokens: readonly string[]): string[] {
  return [...tokens, ...tokens.slice(1).map((token, i) => `${tokens[i]} ${token}`)];
}
