import type { ByteSource } from './bytes.ts';

/** How text is encoded, as TextDecoder names it. */
export type Encoding =
  | 'utf-8'
  | 'utf-16le'
  | 'utf-16be'
  | 'gb18030'
  | 'big5'
  | 'shift_jis'
  | 'euc-jp'
  | 'euc-kr'
  | 'windows-1251'
  | 'koi8-r'
  | 'windows-1252';

/** How many bytes are examined if the text is not UTF-8. */
const SAMPLE = 1 << 18;

/** The least share of zero bytes in a UTF-16 table, even one in Chinese. */
const ZEROS_AT_LEAST = 0.05;

/**
 * Detects a file's encoding: by its byte order mark; UTF-16 if every other byte is often zero; UTF-8 if the text is valid UTF-8; otherwise
 * the first legacy encoding under which the text reads as its language.
 * @throws an error that tells how to name the encoding or convert the file.
 */
export function encodingOf(source: ByteSource): Encoding {
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  let valid = true;
  let sample = Buffer.alloc(0);
  try {
    for (const chunk of source.chunks()) {
      if (sample.length < SAMPLE) {
        sample = Buffer.concat([sample, chunk.subarray(0, SAMPLE - sample.length)]);
        const known = markOf(sample) ?? wideOf(sample);
        if (known) return known;
      }
      utf8.decode(chunk, { stream: true });
    }
    utf8.decode();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    valid = false;
  }
  if (valid) return 'utf-8';
  if (sample.includes(0)) throw new Error(`${source.name} is not a text file; save the table as CSV in UTF-8`);
  const encoding = legacyOf(sample);
  if (encoding) return encoding;
  throw new Error(
    `${source.name}: the encoding of this text is unclear. Name it with --encoding, or convert the file: iconv -f ENCODING -t UTF-8`,
  );
}

/** By the byte order mark. */
function markOf(sample: Buffer): Encoding | undefined {
  if (sample[0] === 0xff && sample[1] === 0xfe) return 'utf-16le';
  if (sample[0] === 0xfe && sample[1] === 0xff) return 'utf-16be';
  return sample[0] === 0xef && sample[1] === 0xbb && sample[2] === 0xbf ? 'utf-8' : undefined;
}

/** UTF-16 without a byte order mark: every ASCII character, separators and line ends included, has a zero byte on the same side of its pair. */
function wideOf(sample: Buffer): Encoding | undefined {
  const zeros = [0, 0];
  for (const [i, byte] of sample.entries()) if (byte === 0) zeros[i % 2] = (zeros[i % 2] as number) + 1;
  const [high = 0, low = 0] = zeros;
  if (high + low < ZEROS_AT_LEAST * sample.length || Math.max(high, low) < 20 * Math.min(high, low)) return undefined;
  const encoding = low > high ? 'utf-16le' : 'utf-16be';
  const lineEnd = encoding === 'utf-16le' ? Buffer.of(10, 0) : Buffer.of(0, 10);
  return sample.includes(lineEnd) ? encoding : undefined;
}

const count = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

/** For each encoding, whether a decoded text reads as a language that uses it. */
const readsAs: [Encoding, (text: string, bytes: Buffer) => boolean][] = [
  // Half-width kana do not count: any accented Latin letter decodes to one.
  ['shift_jis', (text) => count(text, /[ぁ-んァ-ヶ]/g) > 0.15 * count(text, /[^\0-\x7f]/g)],
  ['euc-jp', (text) => count(text, /[ぁ-んァ-ヶ]/g) > 0.15 * count(text, /[^\0-\x7f]/g)],
  ['euc-kr', (text) => count(text, /[가-힣]/g) > 0.9 * count(text, /[^\0-\x7f]/g)],
  // The first bytes of frequent characters in GB 2312 and in Big5.
  ['gb18030', (text, bytes) => chinese(text) && shareOfPairs(bytes, 0xa1, [0xb0, 0xd7]) > 0.6],
  ['big5', (text, bytes) => chinese(text) && shareOfPairs(bytes, 0x40, [0xa4, 0xc6]) > 0.6],
  ['windows-1251', cyrillic],
  ['koi8-r', cyrillic],
  ['windows-1252', (text) => count(text, /[^\0-\x7f]/g) < 0.3 * count(text, /[\p{L}]/gu) && count(text, /[\x80-\x9f]/g) === 0],
];

function legacyOf(sample: Buffer): Encoding | undefined {
  return readsAs.find(([encoding, reads]) => {
    try {
      // The sample's end may cut a character.
      return reads(new TextDecoder(encoding, { fatal: true }).decode(sample, { stream: true }), sample);
    } catch {
      return false;
    }
  })?.[0];
}

const chinese = (text: string) => count(text, /[\u4e00-\u9fff]/g) > 0.6 * count(text, /[^\0-\x7f]/g);

/**
 * Whether words are of one alphabet, mostly of letters frequent in Slavic languages (so Greek fails), and mostly in lower case (KOI8-R
 * read as Windows-1251 swaps upper and lower case).
 */
function cyrillic(text: string): boolean {
  const letters = count(text, /[а-яё]/gi);
  return (
    letters > 0.8 * count(text, /[^\0-\x7f]/g) &&
    count(text, /[а-яё]/g) > 0.6 * letters &&
    count(text, /[оеаинтсрвл]/gi) > 0.5 * letters &&
    count(text, /[a-z][а-яё]|[а-яё][a-z]/gi) < 0.05 * letters
  );
}

/** Share of two-byte characters with the first byte from `from` to `to` and the second at least `trail`. */
function shareOfPairs(bytes: Buffer, trail: number, [from, to]: readonly [number, number]): number {
  let [pairs, inside] = [0, 0];
  for (let i = 0; i + 1 < bytes.length; i++) {
    const first = bytes[i] as number;
    if (first < 0x80) continue;
    pairs++;
    if (first >= from && first <= to && (bytes[i + 1] as number) >= trail) inside++;
    i++;
  }
  return inside / pairs;
}
