import { statSync } from 'node:fs';
import { type ByteSource, bytesOfFile } from './bytes.ts';

/** A matrix in a NumPy file. */
export interface NpyMatrix {
  readonly rows: number;
  readonly columns: number;
  /** Rows by their numbers. Nothing else of the file stays in memory. */
  read(rows: readonly number[]): Float32Array[];
}

const MAGIC = '\x93NUMPY';

/**
 * Opens a .npy file with a matrix of float32 or float64, little-endian, in the order of C or of Fortran.
 * Format: numpy.lib.format (version 1 to 3).
 * @throws an error that names the file and what it holds instead.
 */
export function openNpy(path: string): NpyMatrix {
  const source = bytesOfFile(path);
  const start = source.at({ offset: 0, bytes: 12 });
  if (start.subarray(0, 6).toString('latin1') !== MAGIC) throw new Error(`${path}: not a .npy file`);
  const wide = (start[6] as number) > 1;
  const headerBytes = wide ? start.readUInt32LE(8) : start.readUInt16LE(8);
  if (headerBytes > 1 << 16) throw new Error(`${path}: damaged: its header would have ${headerBytes} bytes`);
  const offset = (wide ? 12 : 10) + headerBytes;
  const header = source.at({ offset: offset - headerBytes, bytes: headerBytes }).toString('latin1');
  const [, type = 'unknown numbers'] = /'descr': '([^']*)'/.exec(header) ?? [];
  const [, shape = ''] = /'shape': \(([^)]*)\)/.exec(header) ?? [];
  const [rows = 0, columns = 0, ...more] = shape
    .split(',')
    .filter((size) => size.trim() !== '')
    .map(Number);
  if ((type !== '<f4' && type !== '<f8') || columns === 0 || more.length > 0) {
    throw new Error(`${path}: expected a matrix of float32 or float64 (<f4 or <f8), got ${type} (${shape})`);
  }
  const matrix = { source, offset, rows, columns, size: type === '<f4' ? 4 : 8 } as const;
  if (statSync(path).size < offset + rows * columns * matrix.size) throw new Error(`${path} is damaged: it ends before its last row`);
  const fortran = /'fortran_order': True/.test(header);
  return { rows, columns, read: (wanted) => (fortran ? readFortran(matrix, wanted) : wanted.map((row) => readRow(matrix, row))) };
}

interface Place {
  source: ByteSource;
  offset: number;
  rows: number;
  columns: number;
  size: 4 | 8;
}

const numberAt = (bytes: Buffer, index: number, size: 4 | 8) => (size === 4 ? bytes.readFloatLE(index * 4) : bytes.readDoubleLE(index * 8));

function readRow({ source, offset, columns, size }: Place, row: number): Float32Array {
  const bytes = source.at({ offset: offset + row * columns * size, bytes: columns * size });
  return Float32Array.from({ length: columns }, (_, i) => numberAt(bytes, i, size));
}

/** Column by column, as the file has them. */
function readFortran({ source, offset, rows, columns, size }: Place, wanted: readonly number[]): Float32Array[] {
  const out = wanted.map(() => new Float32Array(columns));
  for (let column = 0; column < columns; column++) {
    const bytes = source.at({ offset: offset + column * rows * size, bytes: rows * size });
    for (const [i, row] of wanted.entries()) (out[i] as Float32Array)[column] = numberAt(bytes, row, size);
  }
  return out;
}
