import { describe, expect, test } from 'vitest';
import { type Artifact, decodeArtifact, encodeArtifact } from './artifact.ts';
import { quantizeWeights } from './quantize.ts';
import { decodeSafetensors, encodeSafetensors, type StoredTensor } from './safetensors.ts';

const artifact: Artifact = {
  name: 'sentiment',
  spec: { layers: [{ type: 'dense' }] },
  tokenizer: { words: ['naïve', '"quoted"'] },
  metrics: { accuracy: 0.8125 },
  createdAt: '2026-01-02T03:04:05.000Z',
  weights: {
    'dense_0/bias': { dtype: 'float32', shape: [2], values: Float32Array.of(0.1, -0.2) },
    ...quantizeWeights({ 'dense_0/kernel': { dtype: 'float32', shape: [3, 2], values: Float32Array.of(1, 2, 3, 4, 5, 6) } }),
  },
};

test('reads back what was written, and the same artifact gives the same bytes', async () => {
  const { bytes, digest } = await encodeArtifact(artifact);
  expect(await decodeArtifact(bytes)).toEqual({ ...artifact, digest });
  expect((await encodeArtifact(artifact)).bytes).toEqual(bytes);
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
});

test("reads from Node's Buffer, a view of a pool, without changing its bytes", async () => {
  const { bytes, digest } = await encodeArtifact(artifact);
  const buffer = Buffer.from(bytes);
  expect(await decodeArtifact(buffer)).toEqual({ ...artifact, digest });
  expect(buffer.equals(Buffer.from(bytes))).toBe(true);
});

type File = ReturnType<typeof decodeSafetensors>;

/** A changed copy of the file; by default with a correct digest. */
async function altered(change: (file: File) => void, keepDigest = false): Promise<Uint8Array> {
  const file = decodeSafetensors((await encodeArtifact(artifact)).bytes);
  change(file);
  if (keepDigest) return encodeSafetensors(file);
  file.metadata['unroll.digest'] = '0'.repeat(64);
  const blank = encodeSafetensors(file);
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', blank)).toString('hex');
  file.metadata['unroll.digest'] = hash;
  return encodeSafetensors(file);
}

const setFloat = (tensor: string, index: number, value: number) => (file: File) => {
  (file.tensors[tensor]?.data as Float32Array)[index] = value;
};
const setTensor = (name: string, tensor: StoredTensor) => (file: File) => {
  file.tensors[name] = tensor;
};
const setMetadata = (key: string, value: string) => (file: File) => {
  file.metadata[key] = value;
};
const otherName = JSON.stringify({ ...artifact, weights: undefined, name: '../x' });

describe('a bad file is refused with the reason', () => {
  const cases: [string, (file: File) => void, string][] = [
    ['a NaN scale', setFloat('dense_0/kernel.scale', 1, Number.NaN), "scale 1 of 'dense_0/kernel' is NaN"],
    ['a zero scale', setFloat('dense_0/kernel.scale', 0, 0), "scale 0 of 'dense_0/kernel' is 0"],
    ['no scale', ({ tensors }) => void delete tensors['dense_0/kernel.scale'], "has no F32 tensor 'dense_0/kernel.scale'"],
    [
      'scales of another shape',
      setTensor('dense_0/kernel.scale', { dtype: 'F32', shape: [1, 3], data: new Float32Array(3).fill(1) }),
      'expected [3,1] or [1,2]',
    ],
    ['a NaN weight', setFloat('dense_0/bias', 0, Number.NaN), "'dense_0/bias' holds NaN at index 0"],
    ['a weight of another type', setTensor('x', { dtype: 'I32', shape: [1], data: new Int32Array(1) }), "'x' is I32"],
    ['another format', setMetadata('unroll.format', '9'), "expected format '1', got '9'"],
    ['a description that is not JSON', setMetadata('unroll.model', '{'), 'is not JSON'],
    ['a description with a hole', setMetadata('unroll.model', '{"name":"x"}'), 'bad description'],
    ['a path in the name', setMetadata('unroll.model', otherName), 'bad description'],
    ["somebody else's safetensors", ({ metadata }) => void delete metadata['unroll.format'], 'not a model of Unroll'],
  ];
  test.each(cases)('%s', async (_, change, message) => {
    await expect(decodeArtifact(await altered(change))).rejects.toThrow(message);
  });

  test('a changed weight', async () => {
    await expect(decodeArtifact(await altered(setFloat('dense_0/bias', 0, 0.5), true))).rejects.toThrow('wrong digest');
  });

  test('a changed description', async () => {
    const flattered = JSON.stringify({ ...artifact, weights: undefined, metrics: { accuracy: 0.99 } });
    await expect(decodeArtifact(await altered(setMetadata('unroll.model', flattered), true))).rejects.toThrow('wrong digest');
  });

  test('an invalid digest', async () => {
    const bytes = await altered(setMetadata('unroll.digest', 'abc'), true);
    await expect(decodeArtifact(bytes)).rejects.toThrow('not 64 hexadecimal digits');
  });

  test('any cut', async () => {
    const { bytes } = await encodeArtifact(artifact);
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(decodeArtifact(bytes.subarray(0, length))).rejects.toThrow(/^safetensors: /);
    }
  });
});
