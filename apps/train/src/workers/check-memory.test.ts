import { expect, test } from 'vitest';
import { checkMemory } from './check-memory.ts';

test('with too little memory, the error names the number of workers that fit', () => {
  expect(() => checkMemory(8, 57 * 2 ** 20, 2 * 2 ** 30)).not.toThrow();
  expect(() => checkMemory(8, 57 * 2 ** 20, 700 * 2 ** 20)).toThrow(
    /too little memory: 8 workers need about 767 MB, 700 MB are available\. Pass --workers 6\./,
  );
  expect(() => checkMemory(1, 0, 2 ** 20)).toThrow('not even one worker fits');
});
