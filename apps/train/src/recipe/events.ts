export interface EpochMetrics {
  epoch: number;
  /** Mean over the epoch's rows, dropout on. */
  loss: number;
  /** The loss and the task's metrics on the validation samples. */
  validation: { loss: number } & Record<string, number>;
  /** Standard errors of the validation loss and of the metrics that are means over rows. */
  standardErrors: Record<string, number>;
  /** The learning rate of the epoch's last step. */
  learningRate: number;
  /** Largest gradient norm of the epoch's steps, before clipping. */
  gradientNorm: number;
  /** Seconds of training, without validation. */
  seconds: number;
  sequencesPerSecond: number;
  /** Whether these weights are the best so far. */
  best: boolean;
}

export interface StartEvent {
  type: 'start';
  /** Of this rank. */
  workers: number;
  /** If there are several. */
  ranks?: number;
  /** The parts of a batch, over all ranks. */
  shards: number;
  /** The requested number of workers, if it is larger than the number of shards. */
  workersWanted?: number;
  parameters: number;
  epochs: number;
  stepsPerEpoch: number;
  /** Where a resumed run continues. `step` is the number of finished steps of the epoch. */
  resumedAt?: { epoch: number; step: number };
}

/** The events of a run, in their order. */
export type TrainEvent =
  | StartEvent
  | {
      type: 'step';
      epoch: number;
      /** Number in the epoch, from 1. */
      step: number;
      /** Number in the run, from 1. */
      updates: number;
      /** This step's mean loss. */
      loss: number;
      /** Mean over the epoch so far. */
      meanLoss: number;
      /** What the regularizers add to the loss; absent without any. */
      penalty?: number;
      learningRate: number;
      /** Before clipping. */
      gradientNorm: number;
      sequencesPerSecond: number;
      /** Milliseconds of the step and of its parts: the wait for gradients, their sum, the update. */
      phases: Phases & { all: number };
      /** The fraction of the step that each worker was busy. */
      utilisation: readonly number[];
    }
  | ({ type: 'epoch' } & EpochMetrics)
  | ({ type: 'retry' } & Retry)
  | { type: 'checkpoint'; path: string; epoch: number; step: number }
  /** A damaged checkpoint; the run tries the one before it. */
  | { type: 'damaged'; path: string; reason: string }
  /** Training continues; the next write tries again. */
  | { type: 'writeFailed'; path: string; reason: string };

/** A callback of a recipe. */
export type TrainCallback = (event: TrainEvent, run: RunControl) => void | Promise<void>;

export interface RunControl {
  /** Ends training after the current step, as if all epochs were done. */
  stop(reason: string): void;
}

/** A job that failed and runs again on a fresh worker. */
export interface Retry {
  /** The job, for display: 'gradient of shard 3'. */
  what: string;
  /** Why it failed. */
  reason: string;
  /** Which attempt failed, from 1. */
  attempt: number;
}

/** Milliseconds that a step spent on each of its parts. */
export interface Phases {
  gradients: number;
  sum: number;
  update: number;
}
