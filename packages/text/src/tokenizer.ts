import { parseOrThrow } from '@unroll/schema/check.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { splitContraction } from './contractions.ts';
import { normalizeText } from './normalize-text.ts';

/** Keras' punctuation filter: everything but the apostrophe. */
export const defaultFilters = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

const split = v.pipe(v.string(), v.minLength(1, 'expected at least 1 character; for a token a character set charLevel: true'));

export const tokenizerOptions = v.strictObject({
  /** Ids stay below this. Keeps the numWords - 1 most frequent words: like Keras, it counts id 0 too. */
  numWords: v.exactOptional(v.pipe(positiveInt, v.minValue(2))),
  /** Characters replaced by `split` before splitting. */
  filters: v.exactOptional(v.string()),
  lower: v.exactOptional(v.boolean()),
  split: v.exactOptional(split),
  /** Every character (code point) is a token; `filters` is not applied. */
  charLevel: v.exactOptional(v.boolean()),
  /** Gets id 1 and replaces every unknown word. Without it unknown words are left out. */
  oovToken: v.exactOptional(v.string()),
  /** Splits English contractions as the Penn Treebank does (contractions.ts). Ignored with `charLevel`. */
  splitContractions: v.exactOptional(v.boolean()),
  /** Words that occur fewer times in fitting are unknown. Default 1. */
  minCount: v.exactOptional(positiveInt),
  /** Composed and decomposed letters are the same, and every Unicode space separates words (normalize-text.ts). Default true. */
  normalizeUnicode: v.exactOptional(v.boolean()),
});
export type TokenizerOptions = v.InferOutput<typeof tokenizerOptions>;

/** A fitted tokenizer as JSON: all that encoding needs, without the counts. */
export const tokenizerJson = v.strictObject({
  numWords: v.optional(positiveInt),
  filters: v.string(),
  lower: v.boolean(),
  split,
  charLevel: v.boolean(),
  oovToken: v.optional(v.string()),
  splitContractions: v.optional(v.literal(true)),
  /** Undefined in files from before this option: their texts are not normalized. */
  normalizeUnicode: v.optional(v.literal(true)),
  /** Words in the order of their ids, from id 1. */
  words: v.custom<string[]>((words) => Array.isArray(words) && words.every((word) => typeof word === 'string'), 'expected a list of words'),
});
export type TokenizerJson = v.InferOutput<typeof tokenizerJson>;

/**
 * Words to ids by falling frequency, from id 1 (0 is padding). As keras' preprocessing.text.Tokenizer, which does not have
 * `splitContractions`, `minCount` and `normalizeUnicode`.
 */
export class Tokenizer {
  readonly #options: Omit<TokenizerJson, 'words'>;
  readonly #minCount: number;
  /** Undefined in a tokenizer restored from JSON, which has no counts. */
  readonly #counts: Map<string, number> | undefined;
  /** Matches a character of `filters`. */
  readonly #filtered: RegExp | undefined;
  #index = new Map<string, number>();
  #words: string[] = [];

  constructor(options: TokenizerOptions = {}, words?: readonly string[]) {
    const { filters = defaultFilters, lower = true, split = ' ', charLevel = false, numWords, oovToken } = options;
    const { splitContractions = false, minCount = 1, normalizeUnicode = true } = options;
    this.#options = {
      filters,
      lower,
      split,
      charLevel,
      ...(splitContractions && { splitContractions }),
      ...(normalizeUnicode && { normalizeUnicode }),
      ...(numWords !== undefined && { numWords }),
      ...(oovToken !== undefined && { oovToken }),
    };
    this.#minCount = minCount;
    this.#filtered = filters === '' ? undefined : new RegExp(`[${filters.replace(/[\\\]^-]/g, '\\$&')}]`, 'gu');
    if (words) this.#setWords([...words]);
    else this.#counts = new Map();
  }

  /** Ids by word. Includes words beyond `numWords`, which encoding does not use. */
  get wordIndex(): ReadonlyMap<string, number> {
    return this.#index;
  }

  /** One more than the largest id that encoding gives: an embedding's `inputDim`. */
  get vocabularySize(): number {
    const all = this.#words.length + 1;
    return Math.min(all, this.#options.numWords ?? all);
  }

  /** Counts words and assigns ids. Another call adds to the counts and assigns ids again. */
  fitOnTexts(texts: Iterable<string>): void {
    if (!this.#counts)
      throw new Error('tokenizer: cannot be fitted, because it was restored from JSON, which has no counts; fit a new one');
    for (const text of texts) {
      for (const token of this.tokenize(text)) {
        const count = this.#counts.get(token) ?? 0;
        // V8 keeps a long word as a view of its text. A copy of it does not keep the text alive.
        this.#counts.set(count ? token : ` ${token}`.slice(1), count + 1);
      }
    }
    // The sort is stable: words with the same count keep the order of their first occurrence.
    const frequent = [...this.#counts].filter(([, count]) => count >= this.#minCount);
    const byCount = frequent.sort(([, a], [, b]) => b - a).map(([word]) => word);
    const { oovToken } = this.#options;
    this.#setWords(oovToken === undefined ? byCount : [oovToken, ...byCount]);
  }

  /** The tokens of a text, before ids. */
  tokenize(text: string): string[] {
    const { lower, split, charLevel, splitContractions, normalizeUnicode } = this.#options;
    const normalized = normalizeUnicode ? normalizeText(text, { spaces: !charLevel }) : text;
    const cased = lower ? normalized.toLowerCase() : normalized;
    if (charLevel) return [...cased];
    const filtered = this.#filtered ? cased.replace(this.#filtered, () => split) : cased;
    const tokens = filtered.split(split).filter((token) => token !== '');
    return splitContractions ? tokens.flatMap(splitContraction) : tokens;
  }

  /** Each text as the ids of its known words. Unknown words get the OOV id, or are left out if there is no OOV token. */
  textsToSequences(texts: readonly string[]): number[][] {
    return texts.map((text) => this.encode(this.tokenize(text)));
  }

  /** Tokens to ids, as textsToSequences encodes them. */
  encode(tokens: readonly string[]): number[] {
    const ids: number[] = [];
    for (const token of tokens) {
      const id = this.idOf(token);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }

  /** A token's id. Unknown tokens have the OOV id, or undefined if there is no OOV token. */
  idOf(token: string): number | undefined {
    const { numWords, oovToken } = this.#options;
    const id = this.#index.get(token);
    if (id !== undefined && (numWords === undefined || id < numWords)) return id;
    return oovToken === undefined ? undefined : this.#index.get(oovToken);
  }

  /** Ids without a text: padding, and the OOV token if there is one. */
  get silentIds(): readonly number[] {
    return this.#options.oovToken === undefined ? [0] : [0, 1];
  }

  /** The text that an id adds. A word that follows another begins with `split`; a character does not. */
  textOf(id: number, follows: boolean): string {
    const { charLevel, split } = this.#options;
    const word = this.#words[id - 1] ?? '';
    return charLevel || !follows ? word : split + word;
  }

  /** Everything `fromJSON` needs to encode the same way. Leaves out words beyond `numWords`: they encode as unknown anyway. */
  toJSON(): TokenizerJson {
    return { ...this.#options, words: this.#words.slice(0, this.vocabularySize - 1) };
  }

  /** @throws if `json` is not what toJSON gives. */
  static fromJSON(json: unknown): Tokenizer {
    const {
      words,
      numWords,
      oovToken,
      splitContractions = false,
      normalizeUnicode = false,
      ...options
    } = parseOrThrow(tokenizerJson, json, 'tokenizer');
    return new Tokenizer(
      {
        ...options,
        splitContractions,
        normalizeUnicode,
        ...(numWords !== undefined && { numWords }),
        ...(oovToken !== undefined && { oovToken }),
      },
      words,
    );
  }

  #setWords(words: string[]): void {
    this.#words = words;
    this.#index = new Map(words.map((word, i) => [word, i + 1]));
    // If a text holds the OOV token, Keras moves it to its place by frequency, possibly beyond numWords. Here it keeps id 1.
    if (this.#options.oovToken !== undefined && words.length) this.#index.set(this.#options.oovToken, 1);
  }
}
