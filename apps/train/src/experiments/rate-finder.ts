/** The loss at a step of a sweep over learning rates. */
export interface RatePoint {
  learningRate: number;
  loss: number;
  /** An exponential moving average of the losses. */
  smooth: number;
}

export interface RateFinding {
  points: RatePoint[];
  /** The rate at which the smoothed loss falls fastest: a good rate to train with. */
  steepest: number;
  /** The rate with the lowest smoothed loss. A tenth of it is a safe rate. */
  lowest: number;
}

const SMOOTHING = 0.9;
/** A smoothed loss this many times the lowest counts as diverged. */
const GIVE_UP_AT = 3;
/** How many points at either end are too noisy to use. */
const MARGIN = 5;

/** The rate of step i of `steps`, on a logarithmic scale. */
export const rateAt = (from: number, to: number, steps: number) => (step: number) => from * (to / from) ** (step / Math.max(1, steps - 1));

/** Collects losses of a learning-rate range test (Smith, 2017). */
export function createRateFinder(): { add(learningRate: number, loss: number): 'continue' | 'stop'; finding(): RateFinding } {
  const points: RatePoint[] = [];
  let mean = 0;
  return {
    add(learningRate, loss) {
      mean = SMOOTHING * mean + (1 - SMOOTHING) * loss;
      const smooth = mean / (1 - SMOOTHING ** (points.length + 1));
      points.push({ learningRate, loss, smooth });
      const lowest = Math.min(...points.map((point) => point.smooth));
      return points.length > 2 * MARGIN && smooth > GIVE_UP_AT * Math.abs(lowest) ? 'stop' : 'continue';
    },
    finding() {
      const inner = points.slice(MARGIN, points.length - MARGIN);
      if (inner.length < 3)
        throw new Error(`find-rate: ${points.length} steps are too few for a finding; pass a larger --steps or a lower --from`);
      const slopes = inner.slice(2).map((point, i) => {
        const before = inner[i] as RatePoint;
        return (point.smooth - before.smooth) / Math.log(point.learningRate / before.learningRate);
      });
      const lowest = inner.reduce((best, point) => (point.smooth < best.smooth ? point : best));
      const steepest = inner[slopes.indexOf(Math.min(...slopes)) + 1] as RatePoint;
      return { points, steepest: steepest.learningRate, lowest: lowest.learningRate };
    },
  };
}
