/** One trial: a set of settings and its scores so far. */
export interface Trial {
  id: number;
  settings: Record<string, number>;
  parameters: number;
  /** Scores at the rungs reached, lower is better. */
  rungs: number[];
  /** Early stopping ended it, so more epochs would change nothing. */
  over: boolean;
}

/** A free worker's next job. */
export type Job = { type: 'new'; id: number } | { type: 'promote'; trial: Trial; rung: number };

export interface AshaOptions {
  trials: number;
  /** Each rung has `eta` times the epochs of the one before, and one trial in `eta` is promoted. */
  eta: number;
  /** Epochs at the first rung, and the most epochs. */
  minEpochs: number;
  maxEpochs: number;
}

/** Epochs at each rung: min, min·η, min·η² ... up to the maximum. */
export function rungEpochs({ eta, minEpochs, maxEpochs }: Omit<AshaOptions, 'trials'>): number[] {
  const rungs: number[] = [];
  for (let epochs = Math.min(minEpochs, maxEpochs); epochs < maxEpochs; epochs *= eta) rungs.push(epochs);
  return [...rungs, maxEpochs];
}

/**
 * Asynchronous successive halving (Li et al., 2020). A free worker looks for a trial in the best 1/η of its rung that is not promoted
 * yet, from the highest rung down. If there is none, it starts a new trial.
 * @param running ids of trials in progress.
 * @returns undefined if there is no job now; other trials may still create one.
 */
export function nextJob(trials: readonly Trial[], running: ReadonlySet<number>, options: AshaOptions): Job | undefined {
  const last = rungEpochs(options).length - 1;
  for (let rung = last - 1; rung >= 0; rung--) {
    const reached = trials.filter(({ rungs }) => rungs.length > rung).sort((a, b) => (a.rungs[rung] as number) - (b.rungs[rung] as number));
    const best = reached.slice(0, Math.floor(reached.length / options.eta));
    const trial = best.find(({ id, rungs, over }) => rungs.length === rung + 1 && !over && !running.has(id));
    if (trial) return { type: 'promote', trial, rung: rung + 1 };
  }
  const started = trials.length + [...running].filter((id) => trials.every((trial) => trial.id !== id)).length;
  return started < options.trials ? { type: 'new', id: started + 1 } : undefined;
}

/** A finished trial's best score and its standard error. */
export interface Judged {
  trial: Trial;
  score: number;
  standardError: number;
}

/** The smallest model whose score is within one standard error of the best (Breiman et al., 1984: the 1-SE rule). */
export function pickSmallest(judged: readonly Judged[]): Judged | undefined {
  const best = judged.reduce<Judged | undefined>((a, b) => (a && a.score <= b.score ? a : b), undefined);
  if (!best) return undefined;
  const within = judged.filter(({ score }) => score <= best.score + best.standardError);
  return within.reduce((a, b) =>
    b.trial.parameters < a.trial.parameters || (b.trial.parameters === a.trial.parameters && b.score < a.score) ? b : a,
  );
}
