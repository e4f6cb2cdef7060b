import { didYouMean } from '@unroll/schema/explain.ts';
import type { Prepared } from '../data/prepare.ts';
import type { EpochMetrics } from '../recipe/events.ts';

/** Makes a run's decisions from its validation scores. They depend only on the history, so a resumed run decides the same. */
export interface Monitor {
  /** The monitored metric: 'loss' or one of the task's. */
  readonly name: string;
  /** Its value as a score: lower is better, and NaN is the worst. */
  scoreOf(metrics: EpochMetrics): number;
  /** Whether an epoch is better than all before it. */
  isBest(now: EpochMetrics, history: readonly EpochMetrics[]): boolean;
  /** Whether early stopping ends the run here. */
  isOver(history: readonly EpochMetrics[]): boolean;
  /** The factor that reduceOnPlateau applies to the learning rate; 1 under other schedules. */
  plateauFactor(history: readonly EpochMetrics[]): number;
}

/** @throws if the recipe monitors a metric that the task does not have; the error names the task's metrics. */
export function monitorOf({ recipe, task }: Pick<Prepared, 'recipe' | 'task'>): Monitor {
  const { earlyStopping, schedule } = recipe.training;
  const name = earlyStopping?.monitor ?? 'loss';
  const names = ['loss', ...Object.keys(task.metricInfo)];
  if (!names.includes(name)) {
    throw new Error(
      `recipe '${recipe.name}': training.earlyStopping.monitor: task '${task.type}' has no '${name}'.${didYouMean(name, names)}`,
    );
  }
  const sign = task.metricInfo[name]?.better === 'higher' ? -1 : 1;
  const scoreOf = ({ validation }: EpochMetrics) => {
    const score = sign * (validation[name] as number);
    return Number.isNaN(score) ? Number.POSITIVE_INFINITY : score;
  };

  return {
    name,
    scoreOf,
    isBest: (now, history) => history.every((before) => scoreOf(now) < scoreOf(before)),
    isOver(history) {
      if (!earlyStopping) return false;
      const best = history.findLast((metrics) => metrics.best);
      return history.length - (best?.epoch ?? 0) >= earlyStopping.patience;
    },
    plateauFactor(history) {
      if (schedule?.type !== 'reduceOnPlateau') return 1;
      let [best, waited, factor] = [Number.POSITIVE_INFINITY, 0, 1];
      for (const metrics of history) {
        const value = scoreOf(metrics);
        if (value < best) [best, waited] = [value, 0];
        else waited++;
        if (waited > schedule.patience) [factor, waited] = [Math.max(factor * schedule.factor, schedule.minFactor), 0];
      }
      return factor;
    },
  };
}
