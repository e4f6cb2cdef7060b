import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

const reference = new Uint8Array(readFileSync(new URL('../goldens/reference.safetensors', import.meta.url)));

describe("the reference library's file", () => {
  const file = decodeSafetensors(reference);

  test('reads with every dtype, shape and value', () => {
    expect(file.metadata).toEqual({ note: 'quotes " and \\ and é' });
    expect(file.tensors['z/kernel']).toEqual({ dtype: 'F32', shape: [2, 3], data: Float32Array.of(0, 0.25, 0.5, 0.75, 1, 1.25) });
    expect(file.tensors.bytes).toEqual({ dtype: 'I8', shape: [1, 3], data: Int8Array.of(-128, 127, 3) });
    expect(file.tensors.flags).toEqual({ dtype: 'BOOL', shape: [3], data: Uint8Array.of(1, 0, 1) });
    expect(file.tensors.ids).toEqual({ dtype: 'I32', shape: [2, 2], data: Int32Array.of(1, -2, 3, 4) });
    expect(file.tensors.long?.data).toEqual(BigInt64Array.of(-(2n ** 40n)));
    expect(file.tensors.ulong?.data).toEqual(BigUint64Array.of(2n ** 63n));
    expect(file.tensors.double?.data).toEqual(Float64Array.of(Math.PI));
    expect(file.tensors.scalar).toEqual({ dtype: 'F32', shape: [], data: Float32Array.of(7) });
    expect(file.tensors.empty).toEqual({ dtype: 'F32', shape: [0, 5], data: new Float32Array(0) });
    expect(file.tensors['naïve 名']?.data).toEqual(Float32Array.of(1));
    expect(Object.keys(file.tensors)).toHaveLength(15);
  });

  test('is written back byte for byte', () => {
    expect(Buffer.from(encodeSafetensors(file)).equals(Buffer.from(reference))).toBe(true);
  });

  test('reads from an unaligned view', () => {
    const shifted = new Uint8Array(reference.length + 3);
    shifted.set(reference, 3);
    expect(decodeSafetensors(shifted.subarray(3))).toEqual(file);
  });
});

/** A file with this header and this many bytes behind it. */
function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const tensor = (begin: number, end: number, shape: unknown = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('bad files are refused with the reason', () => {
  const oversized = new Uint8Array(16);
  new DataView(oversized.buffer).setBigUint64(0, 2n ** 63n, true);
  const cases: [string, Uint8Array, string][] = [
    ['empty', new Uint8Array(0), 'truncated: 0 bytes cannot hold'],
    ['a header larger than any', oversized, 'is over the limit'],
    ['a header larger than the file', reference.subarray(0, 100), 'truncated: header of'],
    ['cut off in the data', reference.subarray(0, reference.length - 1), 'truncated'],
    ['not JSON', fileOf('{"a":', 0), 'not JSON'],
    ['not UTF-8', fileOf('{"a":1}', 0).map((byte) => (byte === 0x61 ? 0xff : byte)), 'not JSON in UTF-8'],
    ['an array header', fileOf([], 0), 'not a JSON object'],
    ['overlapping offsets', fileOf({ a: tensor(0, 8), b: tensor(4, 12) }, 12), "'b' overlaps the tensor before it"],
    ['a hole', fileOf({ a: tensor(0, 4), b: tensor(8, 12) }, 12), "'b' leaves a hole"],
    ['offsets beyond the end', fileOf({ a: tensor(0, 400) }, 4), "truncated: 'a' ends at"],
    ['backward offsets', fileOf({ a: tensor(8, 4, []) }, 8), 'impossible data_offsets'],
    ['fractional offsets', fileOf({ a: tensor(0.5, 4, [1]) }, 8), 'impossible data_offsets'],
    ['bytes that belong to none', fileOf({ a: tensor(0, 4) }, 9), '5 bytes after the last tensor'],
    ['shape and bytes apart', fileOf({ a: tensor(0, 8, [3]) }, 8), 'F32 [3] takes 12'],
    ['a negative axis', fileOf({ a: tensor(0, 4, [-1]) }, 4), 'impossible shape'],
    ['a shape that overflows', fileOf({ a: tensor(0, 4, [2 ** 40, 2 ** 40]) }, 4), 'impossible shape'],
    ['an unknown dtype', fileOf({ a: tensor(0, 4, [1], 'F7') }, 4), 'dtype "F7"'],
    ['a dtype from the prototype', fileOf({ a: tensor(0, 4, [1], 'constructor') }, 4), 'dtype "constructor"'],
    ['an entry that is null', fileOf({ a: null }, 0), 'dtype undefined'],
    ['metadata that is not text', fileOf({ __metadata__: { a: 1 } }, 0), 'must hold strings only'],
  ];
  test.each(cases)('%s', (_, bytes, message) => {
    expect(() => decodeSafetensors(bytes)).toThrow(message);
  });
});

test('after a change of any byte, reading gives a file or throws an Error', () => {
  fc.assert(
    fc.property(fc.nat(reference.length - 1), fc.nat(255), fc.nat(reference.length), (at, value, length) => {
      const bytes = reference.slice(0, length || undefined);
      bytes[at] = value;
      try {
        decodeSafetensors(bytes);
      } catch (error) {
        expect((error as Error).message).toMatch(/^safetensors: /);
      }
    }),
    { numRuns: 2000 },
  );
});

test('writing a tensor with a shape that does not match its values is an error', () => {
  const tensors = { a: { dtype: 'F32' as const, shape: [2, 2], data: new Float32Array(3) } };
  expect(() => encodeSafetensors({ tensors, metadata: {} })).toThrow("'a' has 3 values, its shape [2,2] needs 4");
});
