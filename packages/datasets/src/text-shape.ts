/** How the texts of a column are written and how long they are. */
export interface TextShape {
  meanLength: number;
  /** Words between blanks. */
  meanWords: number;
  /** Share of its characters that belong to scripts without blanks between words, or are pictures. */
  unspaced: number;
  /** 95 % of the texts have at most so many words, or characters. */
  words95: number;
  characters95: number;
}

/** Texts whose lengths are looked at. */
const SAMPLE = 10_000;

/** Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan; emoji. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\p{Extended_Pictographic}]/gu;

export function createTextTally() {
  const words: number[] = [];
  const characters: number[] = [];
  let [unspaced, visible, length, count] = [0, 0, 0, 0];
  return {
    add(text: string) {
      count++;
      length += text.length;
      if (words.length === SAMPLE) return;
      const pieces = text.split(/\s+/);
      words.push(pieces.length);
      characters.push([...text].length);
      unspaced += text.match(UNSPACED)?.length ?? 0;
      for (const piece of pieces) visible += [...piece].length;
    },
    shape: (): TextShape => ({
      meanLength: length / Math.max(1, count),
      meanWords: words.reduce((sum, each) => sum + each, 0) / Math.max(1, words.length),
      unspaced: unspaced / Math.max(1, visible),
      words95: percentile(words),
      characters95: percentile(characters),
    }),
  };
}

const percentile = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(0.95 * values.length)] ?? 0;
