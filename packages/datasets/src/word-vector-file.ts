import { readFileSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decodeSafetensors } from '@unroll/artifact/safetensors.ts';
import { type ByteSource, bytesOfFile } from './bytes.ts';
import { linesOf } from './lines.ts';
import { openNpy } from './npy.ts';
import type { WordVectors } from './word-vectors.ts';

/** A file of word vectors. */
export interface WordVectorFile {
  /**
   * A text with a word and its numbers on each line, as GloVe and word2vec write it; or a matrix with a row for each word: an array of
   * NumPy (.npy), or the only tensor of a .safetensors file.
   */
  path: string | URL;
  /** For a matrix: a text with the word of each row on a line. */
  words?: string | URL;
}

/**
 * The vectors of the wanted words. Of a text and a .npy file nothing else stays in memory.
 * @throws an error that names the file and the line: for a row of another length or a number that is not finite.
 */
export function readWordVectors({ path, words }: WordVectorFile, wanted: Iterable<string>): WordVectors {
  const file = pathOf(path);
  const asked = new Set(wanted);
  const isMatrix = ['.npy', '.safetensors'].includes(extname(file));
  if (isMatrix && words === undefined) {
    throw new Error(`${file}: a matrix does not name its words; give a text with the word of each row on a line: { path, words }`);
  }
  if (!isMatrix && words !== undefined) throw new Error(`${file}: each line begins with its word, so 'words' does not apply; remove it`);
  const { vectors, dimensions } = words === undefined ? fromText(bytesOfFile(file), asked) : fromMatrix(file, pathOf(words), asked);
  return {
    dimensions,
    size: vectors.size,
    of: (word) => vectors.get(word),
    source: `vectors of ${vectors.size} of ${asked.size} words from ${basename(file)}`,
  };
}

const pathOf = (path: string | URL) => (path instanceof URL ? fileURLToPath(path) : path);

interface Vectors {
  vectors: Map<string, Float32Array>;
  dimensions: number;
}

/** A word may hold spaces, so numbers are counted from the end. The first row tells how many there are. */
function fromText(source: ByteSource, asked: ReadonlySet<string>): Vectors {
  const vectors = new Map<string, Float32Array>();
  let dimensions: number | undefined;
  for (const { text, line } of linesOf(source, 'utf-8')) {
    const parts = text.trimEnd().split(' ');
    const isHeader = line === 1 && parts.length === 2 && parts.every((part) => /^\d+$/.test(part));
    if (isHeader) dimensions = Number(parts[1]);
    if (isHeader || text.trim() === '') continue;
    dimensions ??= parts.length - 1;
    const place = `${source.name}, line ${line}`;
    if (dimensions < 1 || parts.length <= dimensions) {
      throw new Error(`${place}: expected a word and ${dimensions || 'its'} numbers, got ${parts.length - 1}`);
    }
    const word = parts.slice(0, -dimensions).join(' ');
    const numbers = parts.slice(-dimensions);
    // GloVe repeats a few words; the first row is the word's.
    if (asked.has(word) && !vectors.has(word)) vectors.set(word, finite(Float32Array.from(numbers, Number), place));
  }
  if (dimensions === undefined) throw new Error(`${source.name}: it holds no word vectors`);
  return { vectors, dimensions };
}

function fromMatrix(file: string, words: string, asked: ReadonlySet<string>): Vectors {
  const matrix = extname(file) === '.npy' ? openNpy(file) : openSafetensors(file);
  const rows: { word: string; row: number }[] = [];
  const seen = new Set<string>();
  let count = 0;
  for (const { text } of linesOf(bytesOfFile(words), 'utf-8')) {
    const row = count++;
    if (!asked.has(text) || seen.has(text)) continue;
    seen.add(text);
    rows.push({ word: text, row });
  }
  if (count !== matrix.rows)
    throw new Error(`${file} has ${matrix.rows} rows, and ${words} has ${count} words; expected a word for each row`);
  const read = matrix.read(rows.map(({ row }) => row));
  const vectors = new Map(rows.map(({ word, row }, i) => [word, finite(read[i] as Float32Array, `${file}, row ${row}`)]));
  return { vectors, dimensions: matrix.columns };
}

function openSafetensors(file: string) {
  const tensors = Object.entries(decodeSafetensors(new Uint8Array(readFileSync(file))).tensors);
  const [only] = tensors;
  if (!only || tensors.length > 1)
    throw new Error(`${file}: expected one tensor, got ${tensors.map(([name]) => name).join(', ') || 'none'}`);
  const [name, { dtype, shape, data }] = only;
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || (dtype !== 'F32' && dtype !== 'F64')) {
    throw new Error(`${file}: expected '${name}' to be a matrix of F32 or F64, got ${dtype} [${shape}]`);
  }
  const values = data as Float32Array | Float64Array;
  return {
    rows,
    columns,
    read: (wanted: readonly number[]) => wanted.map((row) => Float32Array.from(values.subarray(row * columns, (row + 1) * columns))),
  };
}

function finite(vector: Float32Array, place: string): Float32Array {
  const wrong = vector.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) throw new Error(`${place}: number ${wrong + 1} of the vector is not a finite number`);
  return vector;
}
