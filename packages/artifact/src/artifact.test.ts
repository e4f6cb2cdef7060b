import { describe, expect, test } from 'vitest';
import { type Artifact, decodeArtifact, encodeArtifact } from './artifact.ts';
import { quantizeWeights } from './quantize.ts';
import { decodeSafetensors, encodeSafetensors } from './safetensors.ts';

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

test("reads from Node's Buffer, a view of a pool, and leaves its bytes as they are", async () => {
  const { bytes, digest } = await encodeArtifact(artifact);
  const buffer = Buffer.from(bytes);
  expect(await decodeArtifact(buffer)).toEqual({ ...artifact, digest });
  expect(buffer.equals(Buffer.from(bytes))).toBe(true);
});

/** The file again with something in it changed, and, unless told otherwise, a right digest. */
async function altered(change: (file: ReturnType<typeof decodeSafetensors>) => void, keepDigest = false): Promise<Uint8Array> {
  const file = decodeSafetensors((await encodeArtifact(artifact)).bytes);
  change(file);
  if (keepDigest) return encodeSafetensors(file);
  file.metadata['unroll.digest'] = '0'.repeat(64);
  const blank = encodeSafetensors(file);
  const hash = Buffer.from(await crypto.subtle.digest('SHA-256', blank)).toString('hex');
  file.metadata['unroll.digest'] = hash;
  return encodeSafetensors(file);
}

describe('a bad file is refused with what is wrong', () => {
  const cases: [string, (file: ReturnType<typeof decodeSafetensors>) => void, string][] = [
    ['a NaN scale', ({ tensors }) => void ((tensors['dense_0/kernel.scale']?.data as Float32Array)[1] = Number.NaN), "scale 1 of 'dense_0/kernel' is NaN"],
    ['a zero scale', ({ tensors }) => void ((tensors['dense_0/kernel.scale']?.data as Float32Array)[0] = 0), "scale 0 of 'dense_0/kernel' is 0"],
    ['no scale', ({ tensors }) => void delete tensors['dense_0/kernel.scale'], "has no F32 tensor 'dense_0/kernel.scale'"],
    ['scales of another shape', ({ tensors }) => void (tensors['dense_0/kernel.scale'] = { dtype: 'F32', shape: [1, 3], data: new Float32Array(3).fill(1) }), 'expected [3,1] or [1,2]'],
    ['a NaN weight', ({ tensors }) => void ((tensors['dense_0/bias']?.data as Float32Array)[0] = Number.NaN), "'dense_0/bias' holds NaN at index 0"],
    ['a weight of another type', ({ tensors }) => void (tensors.x = { dtype: 'I32', shape: [1], data: new Int32Array(1) }), "'x' is I32"],
    ['another format', ({ metadata }) => void (metadata['unroll.format'] = '9'), "format '9' is not readable"],
    ['a description that is not JSON', ({ metadata }) => void (metadata['unroll.model'] = '{'), 'is not JSON'],
    ['a description with a hole', ({ metadata }) => void (metadata['unroll.model'] = '{"name":"x"}'), 'bad description'],
    ['a path in the name', ({ metadata }) => void (metadata['unroll.model'] = JSON.stringify({ ...artifact, weights: undefined, name: '../x' })), 'bad description'],
    ["somebody else's safetensors", (file) => void (file.metadata = { format: 'pt' }), 'not a model of Unroll'],
  ];
  test.each(cases)('%s', async (_, change, message) => {
    await expect(decodeArtifact(await altered(change))).rejects.toThrow(message);
  });

  test('a changed weight', async () => {
    const bytes = await altered(({ tensors }) => void ((tensors['dense_0/bias']?.data as Float32Array)[0] = 0.5), true);
    await expect(decodeArtifact(bytes)).rejects.toThrow('wrong digest');
  });

  test('a changed description', async () => {
    const bytes = await altered(({ metadata }) => void (metadata['unroll.model'] = metadata['unroll.model']?.replace('0.8125', '0.9125') ?? ''), true);
    await expect(decodeArtifact(bytes)).rejects.toThrow('wrong digest');
  });

  test('a digest that is none', async () => {
    const bytes = await altered(({ metadata }) => void (metadata['unroll.digest'] = 'abc'), true);
    await expect(decodeArtifact(bytes)).rejects.toThrow('not 64 hexadecimal digits');
  });

  test('any cut', async () => {
    const { bytes } = await encodeArtifact(artifact);
    for (let length = 0; length < bytes.length; length += 7) {
      await expect(decodeArtifact(bytes.subarray(0, length))).rejects.toThrow(/^safetensors: /);
    }
  });
});
