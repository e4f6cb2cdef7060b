import type { TrainEvent } from '../recipe/events.ts';

/** The values of a step for the charts. */
export interface StepPoint {
  update: number;
  loss: number;
  learningRate: number;
  gradientNorm: number;
}

/** Steps of a run for a chart, evenly spread, in bounded memory. */
export interface StepPoints {
  /** Collects the steps from a run's events. */
  onEvent(event: TrainEvent): void;
  /** At most `count` steps, including the last. */
  points(): StepPoint[];
}

export function createStepPoints(count: number): StepPoints {
  let kept: StepPoint[] = [];
  let stride = 1;
  let last: StepPoint | undefined;
  return {
    onEvent(event) {
      if (event.type !== 'step') return;
      const { updates, loss, learningRate, gradientNorm } = event;
      last = { update: updates, loss, learningRate, gradientNorm };
      if (updates % stride !== 0) return;
      kept.push(last);
      if (kept.length < 2 * count) return;
      stride *= 2;
      kept = kept.filter(({ update }) => update % stride === 0);
    },
    points() {
      const points = kept.at(-1) === last || !last ? kept : [...kept, last];
      return thin(points, count);
    },
  };
}

/** At most `count` items, evenly spread, including the last. */
function thin<T>(items: readonly T[], count: number): T[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, i) => items[Math.floor(((i + 1) * items.length) / count) - 1] as T);
}
