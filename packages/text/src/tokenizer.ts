import { parseOrThrow } from '@unroll/schema/check.ts';
import { positiveInt } from '@unroll/schema/numbers.ts';
import * as v from 'valibot';
import { splitContraction } from './contractions.ts';

/** Keras' punctuation filter: everything but the apostrophe. */
export const defaultFilters = '!"#$%&()*+,-./:;<=>?@[\\]^_`{|}~\t\n';

const split = v.pipe(v.string(), v.minLength(1, 'expected at least 1 character; for a token a character set charLevel: true'));

export const tokenizerOptions = v.strictObject({
  /** Ids stay below this: the numWords - 1 most frequent words are kept (Keras' off-by-one: id 0 is counted too). */
  numWords: v.exactOptional(v.pipe(positiveInt, v.minValue(2))),
  /** Characters replaced by `split` before splitting. */
  filters: v.exactOptional(v.string()),
  lower: v.exactOptional(v.boolean()),
  split: v.exactOptional(split),
  /** Every character (code point) is a token; `filters` is not applied. */
  charLevel: v.exactOptional(v.boolean()),
  /** Takes id 1 and stands for every unknown word; without it unknown words are left out. */
  oovToken: v.exactOptional(v.string()),
  /** Splits English contractions as the Penn Treebank does (see contractions.ts); not with `charLevel`. */
  splitContractions: v.exactOptional(v.boolean()),
  /** Words seen fewer times in fitting get no id: they are unknown. 1 if left out. */
  minCount: v.exactOptional(positiveInt),
});
export type TokenizerOptions = v.InferOutput<typeof tokenizerOptions>;

/** A fitted tokenizer as JSON: what encoding needs, not the counts. */
export const tokenizerJson = v.strictObject({
  numWords: v.optional(positiveInt),
  filters: v.string(),
  lower: v.boolean(),
  split,
  charLevel: v.boolean(),
  oovToken: v.optional(v.string()),
  splitContractions: v.optional(v.literal(true)),
  /** Words in the order of their ids, from id 1. */
  words: v.custom<string[]>((words) => Array.isArray(words) && words.every((word) => typeof word === 'string'), 'expected a list of words'),
});
export type TokenizerJson = v.InferOutput<typeof tokenizerJson>;

/**
 * Words to ids by falling frequency, from id 1 (0 is padding). As keras' preprocessing.text.Tokenizer, which has neither
 * `splitContractions` nor `minCount`.
 */
export class Tokenizer {
  readonly #options: Omit<TokenizerJson, 'words'>;
  readonly #minCount: number;
  /** Undefined once restored from JSON, which carries no counts. */
  readonly #counts: Map<string, number> | undefined;
  /** Any of the characters in `filters`. */
  readonly #filtered: RegExp | undefined;
  #index = new Map<string, number>();
  #words: string[] = [];

  constructor(options: TokenizerOptions = {}, words?: readonly string[]) {
    const { filters = defaultFilters, lower = true, split = ' ', charLevel = false, splitContractions, minCount = 1, ...rest } = options;
    this.#options = { filters, lower, split, charLevel, ...(splitContractions && { splitContractions }), ...rest };
    this.#minCount = minCount;
    this.#filtered = filters === '' ? undefined : new RegExp(`[${filters.replace(/[\\\]^-]/g, '\\$&')}]`, 'gu');
    if (words) this.#setWords([...words]);
    else this.#counts = new Map();
  }

  /** Ids by word, all words seen in fitting, also those beyond `numWords`. */
  get wordIndex(): ReadonlyMap<string, number> {
    return this.#index;
  }

  /** One more than the largest id that encoding gives: an embedding's `inputDim`. */
  get vocabularySize(): number {
    const all = this.#words.length + 1;
    return Math.min(all, this.#options.numWords ?? all);
  }

  /** Counts words and gives them ids anew; calling it again adds to the counts. */
  fitOnTexts(texts: Iterable<string>): void {
    if (!this.#counts) throw new Error('tokenizer: restored from JSON, which carries no counts; fit a new one');
    for (const text of texts) {
      for (const token of this.tokenize(text)) this.#counts.set(token, (this.#counts.get(token) ?? 0) + 1);
    }
    // Stable: words of one count keep the order they were first seen in.
    const frequent = [...this.#counts].filter(([, count]) => count >= this.#minCount);
    const byCount = frequent.sort(([, a], [, b]) => b - a).map(([word]) => word);
    const { oovToken } = this.#options;
    this.#setWords(oovToken === undefined ? byCount : [oovToken, ...byCount]);
  }

  /** The tokens of a text, before ids. */
  tokenize(text: string): string[] {
    const { lower, split, charLevel, splitContractions } = this.#options;
    const cased = lower ? text.toLowerCase() : text;
    if (charLevel) return [...cased];
    const filtered = this.#filtered ? cased.replace(this.#filtered, () => split) : cased;
    const tokens = filtered.split(split).filter((token) => token !== '');
    return splitContractions ? tokens.flatMap(splitContraction) : tokens;
  }

  /** Each text as the ids of its known words (and the OOV id of others, if there is an OOV token). */
  textsToSequences(texts: readonly string[]): number[][] {
    return texts.map((text) => this.encode(this.tokenize(text)));
  }

  /** Tokens to ids, as textsToSequences does for a text's. */
  encode(tokens: readonly string[]): number[] {
    const ids: number[] = [];
    for (const token of tokens) {
      const id = this.idOf(token);
      if (id !== undefined) ids.push(id);
    }
    return ids;
  }

  /** A token's id, or the OOV id; undefined for an unknown one if there is no OOV token. */
  idOf(token: string): number | undefined {
    const { numWords, oovToken } = this.#options;
    const id = this.#index.get(token);
    if (id !== undefined && (numWords === undefined || id < numWords)) return id;
    return oovToken === undefined ? undefined : this.#index.get(oovToken);
  }

  /** Ids that stand for no text: padding, and the OOV token if there is one. */
  get silentIds(): readonly number[] {
    return this.#options.oovToken === undefined ? [0] : [0, 1];
  }

  /** The text that an id adds: its word, after `split` if it follows another; a character as it is. */
  textOf(id: number, follows: boolean): string {
    const { charLevel, split } = this.#options;
    const word = this.#words[id - 1] ?? '';
    return charLevel || !follows ? word : split + word;
  }

  /** What `fromJSON` needs to encode the same way. Words beyond `numWords` are left out: they encode as unknown anyway. */
  toJSON(): TokenizerJson {
    return { ...this.#options, words: this.#words.slice(0, this.vocabularySize - 1) };
  }

  /** @throws a ZodError if `json` is not what toJSON gives. */
  static fromJSON(json: unknown): Tokenizer {
    const { words, numWords, oovToken, splitContractions, ...options } = parseOrThrow(tokenizerJson, json, 'tokenizer');
    return new Tokenizer(
      {
        ...options,
        ...(numWords !== undefined && { numWords }),
        ...(oovToken !== undefined && { oovToken }),
        ...(splitContractions && { splitContractions }),
      },
      words,
    );
  }

  #setWords(words: string[]): void {
    this.#words = words;
    this.#index = new Map(words.map((word, i) => [word, i + 1]));
    // Keras moves the OOV token to its place by frequency, maybe beyond numWords, if a text holds it. Here it stays at 1.
    if (this.#options.oovToken !== undefined && words.length) this.#index.set(this.#options.oovToken, 1);
  }
}
