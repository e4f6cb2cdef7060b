import type { ArraySequences, Sequences } from '../data/sequences.ts';

/** Sequences whose arrays a test reads. */
export function inMemory(sequences: Sequences): ArraySequences {
  if ('file' in sequences) throw new Error(`expected arrays, got the token file ${sequences.file.path}`);
  return sequences;
}
