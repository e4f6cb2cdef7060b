/** A text that a rival learns from. */
export interface RivalText {
  tokens: readonly string[];
  /** One for each class; a certain label is 1 for its class and 0 for the others. */
  probabilities: readonly number[];
  /** How many texts this one counts as. */
  weight: number;
}

/** A classifier that reads words and pairs of words, and no other word order. */
export interface RivalClassifier {
  /** The most probable class of a tokenized text. */
  classOf(tokens: readonly string[]): number;
  /** The size of its parameters as float32. */
  readonly bytes: number;
}

/** Words and pairs of neighbouring words. */
export function gramsOf(tokens: readonly string[]): string[] {
  return [...tokens, ...tokens.slice(1).map((token, i) => `${tokens[i]} ${token}`)];
}
