import { expect, test } from 'vitest';
import { loadWordVectors } from './word-vectors.ts';

const vectors = loadWordVectors();

function cosine(a: string, b: string): number {
  const [x, y] = [vectors.of(a), vectors.of(b)] as [Float32Array, Float32Array];
  const dot = (u: Float32Array, v: Float32Array) => u.reduce((sum, value, i) => sum + value * (v[i] as number), 0);
  return dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
}

test('holds the published vectors, rounded', () => {
  expect([vectors.size, vectors.dimensions]).toEqual([20_000, 50]);
  // glove.6B.50d.txt begins: the 0.418 0.24968 -0.41242 0.1217 0.34527
  const published = [0.418, 0.24968, -0.41242, 0.1217, 0.34527];
  for (const [i, value] of published.entries()) expect(Math.abs((vectors.of('the')?.[i] ?? 0) - value)).toBeLessThan(0.02);
});

test('words of one kind are near each other', () => {
  expect(cosine('good', 'great')).toBeGreaterThan(0.7);
  expect(cosine('good', 'great')).toBeGreaterThan(cosine('good', 'keyboard') + 0.3);
});

test.each(["n't", "'s", 'ca', 'wo'])('%s is a word', (word) => expect(vectors.of(word)).toHaveLength(50));
test('an unknown word has none', () => expect(vectors.of('unrollunroll')).toBeUndefined());
