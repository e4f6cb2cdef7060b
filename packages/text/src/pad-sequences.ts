export interface PadOptions {
  /** Length of every row. Default: the longest sequence's. */
  maxlen?: number;
  /** Which end of a short sequence is padded. Default 'pre', as in Keras. */
  padding?: 'pre' | 'post';
  /** Which end of a long sequence is cut off. Default 'pre', as in Keras. */
  truncating?: 'pre' | 'post';
  /** The padding. Default 0. */
  value?: number;
}

/**
 * Sequences of any length as rows of one int32 matrix, row-major. As keras.utils.pad_sequences.
 * @throws if maxlen is not a whole number >= 0.
 */
export function padSequences(
  sequences: readonly ArrayLike<number>[],
  { maxlen, padding = 'pre', truncating = 'pre', value = 0 }: PadOptions = {},
): { data: Int32Array; shape: [number, number] } {
  const columns = maxlen ?? sequences.reduce((longest, { length }) => Math.max(longest, length), 0);
  if (!Number.isInteger(columns) || columns < 0) throw new Error(`padSequences: maxlen must be a whole number >= 0, got ${maxlen}`);
  const data = new Int32Array(sequences.length * columns).fill(value);
  for (const [row, sequence] of sequences.entries()) {
    const kept = Math.min(sequence.length, columns);
    const from = truncating === 'pre' ? sequence.length - kept : 0;
    const to = row * columns + (padding === 'pre' ? columns - kept : 0);
    for (let i = 0; i < kept; i++) data[to + i] = sequence[from + i] as number;
  }
  return { data, shape: [sequences.length, columns] };
}
