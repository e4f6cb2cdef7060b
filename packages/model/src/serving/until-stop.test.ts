import fc from 'fast-check';
import { expect, test } from 'vitest';
import { untilStop } from './until-stop.ts';

function all(pieces: readonly string[], stops: readonly string[]) {
  const given: string[] = [];
  const running = untilStop(pieces, stops);
  for (let next = running.next(); ; next = running.next()) {
    if (next.done) return { text: given.join(''), given, reason: next.value };
    given.push(next.value);
  }
}

test('ends before the first stop text, for any cut into pieces', () => {
  const letters = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 3 }), { maxLength: 12 });
  const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 3 }), { maxLength: 3 });
  fc.assert(
    fc.property(letters, stops, (pieces, stops) => {
      const { text, reason } = all(pieces, stops);
      const whole = pieces.join('');
      // The stop that is complete first ends it; of several complete at once the one that begins first.
      const ends = stops.flatMap((stop) => (whole.includes(stop) ? [whole.indexOf(stop)] : []));
      expect(reason).toBe(ends.length ? 'stop' : 'length');
      if (!ends.length) expect(text).toBe(whole);
      else expect(ends).toContain(text.length);
      expect(whole.startsWith(text)).toBe(true);
      for (const stop of stops) expect(text).not.toContain(stop);
    }),
  );
});

test('pieces that cannot begin a stop text are given at once', () => {
  expect(all(['Call', ' me', ' Ishmael', '.', '\n', 'x'], ['.\n']).given).toEqual(['Call', ' me', ' Ishmael']);
  expect(all(['a', '.', 'b'], ['.\n']).given).toEqual(['a', '.b']);
});
