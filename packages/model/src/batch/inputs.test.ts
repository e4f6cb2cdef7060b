import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { inputTensors } from './inputs.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const row = (values: number[], width = 1) => ({ values, steps: values.length / width });

test('ids are padded with 0 at their end, and carry no mask', () => {
  const { inputs, mask } = inputTensors([row([5, 6, 7]), row([]), row([8])], 0);
  expect([inputs.dtype, inputs.shape]).toEqual(['int32', [3, 3]]);
  expect([...inputs.dataSync()]).toEqual([5, 6, 7, 0, 0, 0, 8, 0, 0]);
  expect(mask).toBeUndefined();
});

test('features of several lengths have a mask, of one length none', () => {
  const { inputs, mask } = inputTensors([row([1, 2, 3, 4], 2), row([5, 6], 2)], 2);
  expect([inputs.dtype, inputs.shape]).toEqual(['float32', [2, 2, 2]]);
  expect([...inputs.dataSync()]).toEqual([1, 2, 3, 4, 5, 6, 0, 0]);
  expect([...(mask?.dataSync() ?? [])]).toEqual([1, 1, 1, 0]);
  expect(inputTensors([row([1, 2], 2), row([5, 6], 2)], 2).mask).toBeUndefined();
});

test('a batch is one step wide at least', () => {
  expect(inputTensors([row([])], 0).inputs.shape).toEqual([1, 1]);
  const { inputs, mask } = inputTensors([row([]), row([])], 3);
  expect(inputs.shape).toEqual([2, 1, 3]);
  expect([...(mask?.dataSync() ?? [])]).toEqual([0, 0]);
});

test('every row is found where it was put, from views of a larger array too', () => {
  const rows = fc.array(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 9 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(rows, fc.constantFrom(0, 1), (given, features) => {
      const all = Int32Array.from(given.flat());
      let at = 0;
      const views = given.map((values) => {
        at += values.length;
        return { values: all.subarray(at - values.length, at), steps: values.length };
      });
      const { inputs, mask } = inputTensors(views, features);
      const T = inputs.shape[1];
      const [values, real] = [inputs.dataSync(), mask?.dataSync()];
      for (const [b, expected] of given.entries()) {
        expect([...values.slice(b * T, (b + 1) * T)]).toEqual([...expected, ...new Array(T - expected.length).fill(0)]);
        if (real) expect([...real.slice(b * T, (b + 1) * T)].filter((bit) => bit === 1)).toHaveLength(expected.length);
      }
    }),
  );
});
