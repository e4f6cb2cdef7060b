import fc from 'fast-check';
import { expect, test } from 'vitest';
import golden from '../../goldens/logistic-regression.json' with { type: 'json' };
import { minimize } from './lbfgs.ts';
import { fitLogisticRegression } from './logistic-regression.ts';
import { gramsOf } from './rival-text.ts';
import { createTfIdf } from './tf-idf.ts';

const texts = golden.texts.map((text, i) => ({
  tokens: text.split(' '),
  probabilities: [0, 1, 2].map((c) => Number(golden.labels[i] === c)),
  weight: golden.weights[i] as number,
}));

test('tf-idf has the numbers of scikit-learn', () => {
  const tfIdf = createTfIdf(texts.map(({ tokens }) => gramsOf(tokens)));
  expect(tfIdf.size).toBe(golden.tfIdf.features);
  for (const [i, row] of golden.tfIdf.rows.entries()) {
    const { values } = tfIdf.rowOf(gramsOf(texts[i]?.tokens ?? []));
    const sorted = [...values].sort();
    expect(sorted).toHaveLength(row.length);
    for (const [k, value] of row.entries()) expect(sorted[k]).toBeCloseTo(value, 12);
  }
});

test('gives the answers of scikit-learn for two and three classes', () => {
  const three = fitLogisticRegression(texts, 3);
  expect(golden.asked.map((text) => three.classOf(text.split(' ')))).toEqual(golden.three);
  const two = fitLogisticRegression(
    texts.map((text) => ({ ...text, probabilities: [1 - (text.probabilities[2] as number), text.probabilities[2] as number] })),
    2,
  );
  expect(golden.asked.map((text) => two.classOf(text.split(' ')))).toEqual(golden.two);
});

test('a text with probabilities or a weight counts as that many texts', () => {
  const tokens = ['some', 'words'];
  // Two texts on either side: the idf counts texts and ignores their weights.
  const half = { tokens, probabilities: [0.75, 0.25, 0], weight: 2 };
  const soft = fitLogisticRegression([...texts, half, half], 3);
  const parts = [0, 1].map((c) => ({ tokens, probabilities: [0, 1, 2].map((k) => Number(k === c)), weight: c === 0 ? 3 : 1 }));
  const hard = fitLogisticRegression([...texts, ...parts], 3);
  for (const text of golden.asked) expect(soft.classOf(text.split(' '))).toBe(hard.classOf(text.split(' ')));
});

test('L-BFGS finds the minimum of any convex quadratic', () => {
  const number = fc.double({ min: -3, max: 3, noNaN: true });
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.double({ min: 0.01, max: 100, noNaN: true }), number), { minLength: 1, maxLength: 12 }), (terms) => {
      const x = new Float64Array(terms.length);
      minimize(
        (at, gradient) =>
          terms.reduce((sum, [curvature, center], i) => {
            const distance = (at[i] as number) - center;
            gradient[i] = curvature * distance;
            return sum + (curvature * distance ** 2) / 2;
          }, 0),
        x,
        { iterations: 1000, tolerance: 1e-9 },
      );
      for (const [i, [, center]] of terms.entries()) expect(x[i]).toBeCloseTo(center, 4);
    }),
  );
});
