import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { enginesFolder } from './folders.ts';

test('engines are in UNROLL_ENGINES, else in the cache folder of the user', () => {
  expect(enginesFolder({ UNROLL_ENGINES: '/e', XDG_CACHE_HOME: '/c' })).toBe('/e');
  expect(enginesFolder({ UNROLL_ENGINES: 'here' })).toBe(`${process.cwd()}/here`);
  expect(enginesFolder({ XDG_CACHE_HOME: '/c' })).toBe('/c/unroll/engines');
  for (const cache of [undefined, '', 'relative'])
    expect(enginesFolder({ XDG_CACHE_HOME: cache })).toBe(`${homedir()}/.cache/unroll/engines`);
});
