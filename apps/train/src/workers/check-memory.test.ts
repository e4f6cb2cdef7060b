import { expect, test } from 'vitest';
import { checkMemory } from './check-memory.ts';

const MB = 2 ** 20;

test('with too little memory, the error names the number of workers that fit', () => {
  const threads = { computing: 8, reducing: 0 };
  expect(() => checkMemory('wasm', threads, 57 * MB, 2048 * MB)).not.toThrow();
  expect(() => checkMemory('wasm', threads, 57 * MB, 700 * MB)).toThrow(
    /too little memory: 8 workers need about 767 MB on the wasm engine, 700 MB are available\. Pass --workers 6\./,
  );
  expect(() => checkMemory('wasm', { computing: 1, reducing: 0 }, 0, MB)).toThrow('not even one worker fits');
});

test('with too little memory for TensorFlow, the error names the engine that fits', () => {
  const threads = { computing: 1, reducing: 7 };
  expect(() => checkMemory('tensorflow', threads, 0, 2048 * MB)).not.toThrow();
  expect(() => checkMemory('tensorflow', threads, 0, 700 * MB)).toThrow(
    /8 workers need about 1,030 MB on the tensorflow engine, 700 MB are available\. Free some memory, or pass --engine wasm --workers 7\./,
  );
  expect(() => checkMemory('tensorflow', threads, 0, MB)).toThrow('not even one worker fits');
});
