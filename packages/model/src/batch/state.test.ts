import * as tf from '@tensorflow/tfjs-core';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { State } from '../model.ts';
import { stateArray, stateWidth } from './state.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

/** An LSTM's h and c, a GRU's h, and pooling's count and summaries. */
const stateWidths = { lstm_0: [3, 3], gru_0: [2], pooling_0: [1, 4, 4] };
const WIDTH = 17;
const counting = (rows: number) => Float32Array.from({ length: rows * WIDTH }, (_, i) => i);
const numbers = (state: State) =>
  Object.fromEntries(Object.entries(state).map(([name, parts]) => [name, parts.map((part) => [...part.dataSync()])]));

test('a row of state is as wide as its tensors together', () => {
  expect(stateWidth(stateWidths)).toBe(WIDTH);
  expect(stateArray({ stateWidths }, 'rows').width).toBe(WIDTH);
  expect(stateWidth({})).toBe(0);
});

test('floats are stored row by row, or tensor by tensor', () => {
  const array = counting(2);
  expect(numbers(stateArray({ stateWidths }, 'rows').read(array, 1, 1))).toEqual({
    lstm_0: [
      [17, 18, 19],
      [20, 21, 22],
    ],
    gru_0: [[23, 24]],
    pooling_0: [[25], [26, 27, 28, 29], [30, 31, 32, 33]],
  });
  expect(numbers(stateArray({ stateWidths }, 'tensors').read(array, 1, 1))).toEqual({
    lstm_0: [
      [3, 4, 5],
      [9, 10, 11],
    ],
    gru_0: [[14, 15]],
    pooling_0: [[17], [22, 23, 24, 25], [30, 31, 32, 33]],
  });
});

describe.each(['rows', 'tensors'] as const)('in the order of %s', (order) => {
  const layout = stateArray({ stateWidths }, order);

  test('what is written is read back, and other rows stay', () => {
    fc.assert(
      fc.property(fc.nat(3), fc.integer({ min: 1, max: 3 }), fc.nat(2), (before, rows, after) => {
        const all = before + rows + after;
        const array = counting(all);
        tf.tidy(() => {
          const state = layout.read(array, before, rows);
          const negative = Object.fromEntries(
            Object.entries(state).map(([name, parts]) => [name, parts.map((part) => tf.neg(tf.add(part, 1)) as tf.Tensor2D)]),
          );
          layout.write(negative, array, before);
          expect(numbers(layout.read(array, before, rows))).toEqual(numbers(negative));
          expect(array.filter((value) => value < 0)).toHaveLength(rows * WIDTH);
          layout.write(state, array, before);
        });
        expect(array).toEqual(counting(all));
      }),
    );
  });

  test('a state without one of its tensors is refused', () => {
    const state = layout.read(counting(1), 0, 1);
    expect(() => layout.write({ ...state, lstm_0: state.lstm_0?.slice(0, 1) ?? [] }, counting(1), 0)).toThrow(
      "state: tensor 1 of layer 'lstm_0' is missing",
    );
  });
});
