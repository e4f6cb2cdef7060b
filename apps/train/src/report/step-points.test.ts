import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStepPoints } from './step-points.ts';

test('are at most so many, in order, evenly spread, and hold the last step', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3000 }), fc.integer({ min: 2, max: 40 }), (steps, count) => {
      const points = createStepPoints(count);
      for (let updates = 1; updates <= steps; updates++) {
        const phases = { gradients: 1, sum: 1, update: 1, all: 3 };
        const figures = { loss: 1 / updates, meanLoss: 1, learningRate: 0.1, gradientNorm: 2, sequencesPerSecond: 1 };
        points.onEvent({ type: 'step', epoch: 1, step: updates, updates, ...figures, utilisation: [], phases });
      }
      const updates = points.points().map(({ update }) => update);
      expect(updates.length).toBeLessThanOrEqual(count);
      expect(updates.length).toBeGreaterThanOrEqual(Math.min(steps, count / 2));
      expect(updates.at(-1)).toBe(steps === 0 ? undefined : steps);
      const gaps = updates.slice(1).map((update, i) => update - (updates[i] as number));
      expect(gaps.every((gap) => gap > 0 && gap <= (4 * steps) / count + 1)).toBe(true);
    }),
  );
});
