import { expect, test } from 'vitest';
import { withOneSetPerThread } from './compile-addon.ts';

const set = 'static std::set<std::string> ATTR_NAME_SET;';

test('the set of attribute names becomes one per thread, and nothing else changes', () => {
  expect(withOneSetPerThread(`before\n${set}\nafter ATTR_NAME_SET.insert`)).toBe(
    `before\nstatic thread_local std::set<std::string> ATTR_NAME_SET;\nafter ATTR_NAME_SET.insert`,
  );
});

test.each(['', 'std::set<std::string> ATTR_NAME_SET;', `${set}\n${set}`])('a source that the patch does not fit is refused', (source) => {
  expect(() => withOneSetPerThread(source)).toThrow('this version of tfjs-node needs another patch');
});
