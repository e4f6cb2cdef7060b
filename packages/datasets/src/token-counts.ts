import { getHeapStatistics } from 'node:v8';
import { Tokenizer, type TokenizerOptions } from '@unroll/text/tokenizer.ts';

/** Counts the tokens of a text that arrives in pieces. */
export interface TokenCounts {
  /** @throws if the different tokens do not fit into memory. */
  add(tokens: readonly string[]): void;
  /** The tokenizer that Tokenizer.fitOnTexts fits, without the words that it never gives an id. Drops the counts. */
  tokenizer(): Tokenizer;
}

/** The share of the heap that counts may fill. Sorting them, and the table of ids, take the rest. */
const HEAP_SHARE = 0.5;
/** The most entries of a Map. */
const TOKENS_AT_MOST = 2 ** 24;

export interface Room {
  /** The most different tokens. */
  tokens: number;
  /** The most bytes of the heap. */
  bytes: number;
}

/** @param room for the counts; by default a share of the heap that V8 allows this process. */
export function createTokenCounts(
  options: TokenizerOptions,
  room: Room = { tokens: TOKENS_AT_MOST, bytes: HEAP_SHARE * getHeapStatistics().heap_size_limit },
): TokenCounts {
  const counts = new Map<string, number>();
  return {
    add(tokens) {
      for (const token of tokens) {
        const count = counts.get(token);
        if (count === undefined && counts.size >= room.tokens) throw new Error(tooMany(counts.size, 'the most that a table holds'));
        // V8 keeps a long word as a view of its text. A copy of it does not keep the text alive.
        counts.set(count ? token : ` ${token}`.slice(1), (count ?? 0) + 1);
      }
      if (getHeapStatistics().used_heap_size <= room.bytes) return;
      const larger = 'or allow a larger heap, in MB: NODE_OPTIONS=--max-old-space-size=16000';
      throw new Error(`${tooMany(counts.size, `which fill ${Math.round(room.bytes / 2 ** 20)} MB, half of Node's heap`)}, ${larger}`);
    },
    tokenizer() {
      const { minCount = 1, numWords, oovToken } = options;
      const words = tokensByCount(counts, minCount);
      counts.clear();
      if (oovToken !== undefined) words.unshift(oovToken);
      return new Tokenizer(options, numWords === undefined ? words : words.slice(0, numWords - 1));
    },
  };
}

/**
 * Tokens that occur at least `minCount` times, by falling count; those with the same count in the order of their first occurrence. Sorts
 * numbers instead of pairs of a token and its count, which take three times the memory.
 */
function tokensByCount(counts: ReadonlyMap<string, number>, minCount: number): string[] {
  const tokens = [...counts.keys()];
  const numbers = Float64Array.from(counts.values());
  const frequent = Uint32Array.from(tokens.keys()).filter((i) => (numbers[i] as number) >= minCount);
  frequent.sort((a, b) => (numbers[b] as number) - (numbers[a] as number));
  return Array.from(frequent, (i) => tokens[i] as string);
}

const tooMany = (tokens: number, why: string) =>
  `tokenizer: the text has more than ${tokens.toLocaleString('en')} different tokens, ${why}. Pack it with --tokens characters`;
