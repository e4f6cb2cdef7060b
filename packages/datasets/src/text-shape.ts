/** The script and the length of a column's texts. */
export interface TextShape {
  meanLength: number;
  /** Words separated by blanks. */
  meanWords: number;
  /** Share of characters that are emoji or belong to scripts without blanks between words. */
  unspaced: number;
  /** The most words of a text, split at blanks and punctuation as a tokenizer does, and the most characters. */
  mostWords: number;
  mostCharacters: number;
}

/** How many texts are examined. */
const SAMPLE = 10_000;

/** Chinese, Japanese, Thai, Lao, Khmer, Burmese, Tibetan; emoji. */
const UNSPACED = /[\p{sc=Han}\p{sc=Hira}\p{sc=Kana}\p{sc=Thai}\p{sc=Laoo}\p{sc=Khmr}\p{sc=Mymr}\p{sc=Tibt}\p{Extended_Pictographic}]/gu;

const VISIBLE = /\S/gu;
/** Blanks and ASCII punctuation except the apostrophe. */
const BETWEEN_WORDS = /[\s!-&(-/:-@[-`{-~]+/;

export function createTextTally() {
  let [unspaced, visible, length, words, count] = [0, 0, 0, 0, 0];
  let [mostWords, mostCharacters] = [0, 0];
  return {
    add(text: string) {
      if (count === SAMPLE) return;
      count++;
      length += text.length;
      const characters = [...text].length;
      words += text.split(/\s+/).length;
      mostWords = Math.max(mostWords, text.split(BETWEEN_WORDS).filter((piece) => piece !== '').length);
      mostCharacters = Math.max(mostCharacters, characters);
      unspaced += text.match(UNSPACED)?.length ?? 0;
      visible += text.match(VISIBLE)?.length ?? 0;
    },
    shape: (): TextShape => ({
      meanLength: length / Math.max(1, count),
      meanWords: words / Math.max(1, count),
      unspaced: unspaced / Math.max(1, visible),
      mostWords,
      mostCharacters,
    }),
  };
}
