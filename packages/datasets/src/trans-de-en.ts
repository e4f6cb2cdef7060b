import { readFileSync } from 'node:fs';
import type { Pair, PairDataset } from './pairs.ts';

/** Where Debian's package trans-de-en puts the dictionary. */
const INSTALLED = '/usr/share/trans/de-en';
const WORDS = { least: 3, most: 10 };
const SENTENCE_END = /[.!?]$/;
/** Grammar, region and style: {m}, [Br.]. */
const NOTES = /\s*(\{[^}]*\}|\[[^\]]*\])/g;
/** Remarks, alternatives and placeholders of a dictionary; a sentence has none of them. */
const MARKS = /[[\]{}()/…<>+=_*~]|\b(jd|jdm|jdn|jds|etw|sb|sth)\./;

/**
 * German sentences of 3 to 10 words with their English translations: the examples of the Ding dictionary (Frank Richter, TU Chemnitz,
 * GPL 2 or later), from Debian's package trans-de-en. They are not part of Unroll.
 * @throws an error that says how to install the file.
 */
export function loadTransDeEn(path = INSTALLED): PairDataset {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(
      `data set 'trans-de-en': cannot read ${path}; install Debian's package trans-de-en (apt-get install trans-de-en), or put its file there`,
      { cause },
    );
  }
  const pairs = text.split('\n').flatMap((line) => (line.startsWith('#') ? [] : sentencesOf(line)));
  return { name: 'trans-de-en', pairs, source: 'Ding dictionary by Frank Richter (GPL 2 or later), from Debian trans-de-en' };
}

/**
 * An entry is `German | German ... :: English | English ...`: the parts on both sides belong together, one by one. A part may have variants
 * after '; ', of which the first is read.
 */
function sentencesOf(line: string): Pair[] {
  const [german = [], english = []] = line
    .split('::')
    .map((side) => side.split('|').map((part) => (part.split(';')[0] as string).replace(NOTES, '').trim()));
  if (german.length !== english.length) return [];
  return german.map((source, i) => ({ source, target: english[i] as string })).filter((pair) => Object.values(pair).every(isSentence));
}

function isSentence(text: string): boolean {
  const words = text.split(/\s+/).length;
  return SENTENCE_END.test(text) && !MARKS.test(text) && words >= WORDS.least && words <= WORDS.most;
}
