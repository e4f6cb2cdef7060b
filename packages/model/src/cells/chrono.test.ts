import { describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';

const UNITS = 40;

function biasOf(layer: object): Float32Array {
  const spec = parseModelSpec({
    input: { type: 'features', features: 2, maxLength: 5 },
    layers: [layer],
    task: { type: 'classify', labels: Array.from({ length: UNITS }, (_, i) => `${i}`) },
  });
  const init = createModel(spec).init(1);
  return Object.entries(init).find(([name]) => name.endsWith('/bias'))?.[1] as Float32Array;
}

describe('chronoSteps', () => {
  const gate = (bias: Float32Array, index: number) => bias.slice(index * UNITS, (index + 1) * UNITS);
  const expectChrono = (keeps: Float32Array) => {
    expect(Math.min(...keeps)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...keeps)).toBeLessThanOrEqual(Math.log(99));
    expect(new Set(keeps).size).toBe(UNITS);
  };

  test('sets the gates of an LSTM, i, f, c, o, so that the cell state is kept', () => {
    const bias = biasOf({ type: 'lstm', units: UNITS, chronoSteps: 100 });
    expectChrono(gate(bias, 1));
    expect(gate(bias, 0)).toEqual(gate(bias, 1).map((value) => -value));
    expect([...gate(bias, 2), ...gate(bias, 3)].every((value) => value === 0)).toBe(true);
  });

  test.each([true, false])('sets z of a GRU, resetAfter %s', (resetAfter) => {
    const bias = biasOf({ type: 'gru', units: UNITS, resetAfter, chronoSteps: 100 });
    expectChrono(gate(bias, 0));
    expect(bias.slice(UNITS).every((value) => value === 0)).toBe(true);
  });

  test('left out, biases are as in Keras', () => {
    expect(gate(biasOf({ type: 'lstm', units: UNITS }), 1).every((value) => value === 1)).toBe(true);
    expect(biasOf({ type: 'gru', units: UNITS }).every((value) => value === 0)).toBe(true);
  });
});
