/** The safetensors file format: https://huggingface.co/docs/safetensors, `u64 header size, JSON header, tensor bytes`. */

/** In the order of the reference library's layout. F16 and BF16 do not have an array type in every engine yet. */
const arrayTypes = {
  U64: BigUint64Array,
  I64: BigInt64Array,
  F64: Float64Array,
  F32: Float32Array,
  U32: Uint32Array,
  I32: Int32Array,
  U16: Uint16Array,
  I16: Int16Array,
  I8: Int8Array,
  U8: Uint8Array,
  BOOL: Uint8Array,
};
export type DType = keyof typeof arrayTypes;
const dtypes = Object.keys(arrayTypes) as DType[];
export type TensorData =
  | BigUint64Array
  | BigInt64Array
  | Float64Array
  | Float32Array
  | Uint32Array
  | Int32Array
  | Uint16Array
  | Int16Array
  | Int8Array
  | Uint8Array;

export interface StoredTensor {
  dtype: DType;
  /** Row-major; [] is a scalar. */
  shape: readonly number[];
  data: TensorData;
}

export interface SafetensorsFile {
  tensors: Record<string, StoredTensor>;
  metadata: Record<string, string>;
}

/** The format's own limit on a header. */
const MAX_HEADER_BYTES = 100_000_000;
const METADATA_KEY = '__metadata__';

/** Encodes a file with the same bytes as the reference library: widest dtype first, then by name; the header padded to 8. */
export function encodeSafetensors({ tensors, metadata }: SafetensorsFile): Uint8Array<ArrayBuffer> {
  const sorted = Object.entries(tensors).sort(([nameA, a], [nameB, b]) => {
    return dtypes.indexOf(a.dtype) - dtypes.indexOf(b.dtype) || compare(nameA, nameB);
  });
  let offset = 0;
  const entries = sorted.map(([name, { dtype, shape, data }]) => {
    if (sizeOf(shape) !== data.length) {
      throw new Error(`safetensors: '${name}' has ${data.length} values, its shape [${shape}] needs ${sizeOf(shape)}`);
    }
    const begin = offset;
    offset += data.byteLength;
    return [name, { dtype, shape, data_offsets: [begin, offset] }] as const;
  });
  const hasMetadata = Object.keys(metadata).length > 0;
  const json = JSON.stringify({ ...(hasMetadata && { [METADATA_KEY]: metadata }), ...Object.fromEntries(entries) });
  const unpadded = new TextEncoder().encode(json);
  const headerBytes = Math.ceil(unpadded.length / 8) * 8;

  const bytes = new Uint8Array(8 + headerBytes + offset);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, 8, 8 + headerBytes);
  bytes.set(unpadded, 8);
  let at = 8 + headerBytes;
  for (const [, { data }] of sorted) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}

/**
 * Decodes a file. Checks every size, offset, shape and type against the bytes of the file. Tensors are views of the file's memory if they are
 * aligned.
 * @throws an error that names the fault.
 */
export function decodeSafetensors(bytes: Uint8Array): SafetensorsFile {
  const { header, dataStart } = readHeader(bytes);
  const metadata = readMetadata(header[METADATA_KEY]);
  const entries = Object.entries(header)
    .filter(([name]) => name !== METADATA_KEY)
    .map(([name, entry]) => ({ name, ...readEntry(name, entry) }))
    .sort((a, b) => a.begin - b.begin || a.end - b.end);

  const tensors: Record<string, StoredTensor> = Object.create(null);
  let expected = 0;
  for (const { name, dtype, shape, begin, end } of entries) {
    if (begin !== expected) {
      const problem = begin < expected ? 'overlaps the tensor before it' : 'leaves a hole before it';
      throw new Error(`safetensors: '${name}' ${problem} (starts at byte ${begin}, expected ${expected})`);
    }
    expected = end;
    const type = arrayTypes[dtype];
    if (end - begin !== sizeOf(shape) * type.BYTES_PER_ELEMENT) {
      throw new Error(
        `safetensors: '${name}' spans ${end - begin} bytes, ${dtype} [${shape}] takes ${sizeOf(shape) * type.BYTES_PER_ELEMENT}`,
      );
    }
    if (dataStart + end > bytes.length) {
      throw new Error(`safetensors: truncated: '${name}' ends at byte ${dataStart + end}, the file at ${bytes.length}`);
    }
    tensors[name] = { dtype, shape, data: arrayAt(type, bytes, dataStart + begin, dataStart + end) };
  }
  if (dataStart + expected !== bytes.length) {
    throw new Error(`safetensors: ${bytes.length - dataStart - expected} bytes after the last tensor belong to no tensor`);
  }
  return { tensors, metadata };
}

/** A view of the values, or a copy if they are not aligned for their type. */
function arrayAt(type: (typeof arrayTypes)[DType], bytes: Uint8Array, begin: number, end: number): TensorData {
  const size = type.BYTES_PER_ELEMENT;
  const at = bytes.byteOffset + begin;
  if (at % size === 0) return new type(bytes.buffer as ArrayBuffer, at, (end - begin) / size);
  // Not slice: Buffer's slice is a view.
  const own = new Uint8Array(end - begin);
  own.set(bytes.subarray(begin, end));
  return new type(own.buffer);
}

function readHeader(bytes: Uint8Array): { header: Record<string, unknown>; dataStart: number } {
  if (bytes.length < 8) throw new Error(`safetensors: truncated: ${bytes.length} bytes cannot hold the header's size`);
  const size = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (size > MAX_HEADER_BYTES)
    throw new Error(`safetensors: header of ${size} bytes is over the limit of ${MAX_HEADER_BYTES}; is it a safetensors file?`);
  const dataStart = 8 + Number(size);
  if (dataStart > bytes.length) throw new Error(`safetensors: truncated: header of ${size} bytes in a file of ${bytes.length}`);
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes.subarray(8, dataStart)));
  } catch (cause) {
    throw new Error('safetensors: the header is not JSON in UTF-8', { cause });
  }
  if (!isRecord(header)) throw new Error('safetensors: the header is not a JSON object');
  return { header, dataStart };
}

function readMetadata(metadata: unknown): Record<string, string> {
  if (metadata === undefined) return {};
  if (!isRecord(metadata) || Object.values(metadata).some((value) => typeof value !== 'string')) {
    throw new Error(`safetensors: ${METADATA_KEY} must hold strings only`);
  }
  return metadata as Record<string, string>;
}

function readEntry(name: string, entry: unknown): { dtype: DType; shape: number[]; begin: number; end: number } {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (typeof dtype !== 'string' || !Object.hasOwn(arrayTypes, dtype)) {
    throw new Error(`safetensors: '${name}' has dtype ${JSON.stringify(dtype)}; readable are ${dtypes.join(', ')}`);
  }
  if (!isSizes(shape) || !Number.isSafeInteger(sizeOf(shape))) {
    throw new Error(`safetensors: '${name}' has an impossible shape ${JSON.stringify(shape)}`);
  }
  if (!isSizes(offsets) || offsets.length !== 2 || (offsets[0] as number) > (offsets[1] as number)) {
    throw new Error(`safetensors: '${name}' has impossible data_offsets ${JSON.stringify(offsets)}`);
  }
  return { dtype: dtype as DType, shape, begin: offsets[0] as number, end: offsets[1] as number };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

const sizeOf = (shape: readonly number[]) => shape.reduce((size, axis) => size * axis, 1);

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
