import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import golden from '../../goldens/schedules.json' with { type: 'json' };
import { createSchedule, scheduleSpec } from './schedules.ts';

const { learningRate, epochs, stepsPerEpoch } = golden;
const run = { steps: epochs * stepsPerEpoch, stepsPerEpoch };

describe("the rates are those of PyTorch's schedulers", () => {
  test.each(golden.cases.map(({ spec, every, rates }) => [JSON.stringify(spec), spec, every, rates] as const))(
    '%s',
    (_, spec, every, rates) => {
      const schedule = createSchedule(v.parse(scheduleSpec, spec), learningRate, run);
      for (const [i, rate] of rates.entries()) expect(schedule(i * every)).toBeCloseTo(rate, 10);
    },
  );
});

test('warmup grows to the rate, from which the schedule then starts', () => {
  const warm = createSchedule(v.parse(scheduleSpec, { type: 'cosine', warmup: 0.2 }), 1, { steps: 20, stepsPerEpoch: 5 });
  expect([0, 1, 2, 3].map(warm)).toEqual([0.25, 0.5, 0.75, 1]);
  const rest = createSchedule(v.parse(scheduleSpec, { type: 'cosine' }), 1, { steps: 16, stepsPerEpoch: 5 });
  for (let step = 4; step < 20; step++) expect(warm(step)).toBe(rest(step - 4));
  const constant = createSchedule(v.parse(scheduleSpec, { type: 'constant' }), 0.3, run);
  expect(constant(0)).toBe(0.3);
});

test('every rate is finite, above nothing where it should be, and never over the peak', () => {
  const spec = fc.oneof(
    fc.record({ type: fc.constant('constant'), warmup: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({
      type: fc.constant('step'),
      stepSize: fc.integer({ min: 1, max: 9 }),
      gamma: fc.double({ min: 0.01, max: 1, noNaN: true }),
    }),
    fc.record({ type: fc.constant('cosine'), warmup: fc.double({ min: 0, max: 1, noNaN: true }) }),
    fc.record({ type: fc.constant('oneCycle'), pctStart: fc.double({ min: 0.01, max: 0.99, noNaN: true }) }),
  );
  fc.assert(
    fc.property(spec, fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 }), (drawn, steps, perEpoch) => {
      const schedule = createSchedule(v.parse(scheduleSpec, drawn), 0.1, { steps, stepsPerEpoch: perEpoch });
      for (let step = 0; step < steps; step++) {
        expect(schedule(step)).toBeGreaterThanOrEqual(0);
        expect(schedule(step)).toBeLessThanOrEqual(0.1 * (1 + 1e-12));
      }
    }),
  );
});

test('an option of another schedule is refused', () => {
  expect(v.is(scheduleSpec, { type: 'cosine', gamma: 0.5 })).toBe(false);
  expect(v.is(scheduleSpec, { type: 'cosine', warmup: 1.5 })).toBe(false);
});
