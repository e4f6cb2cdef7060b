import type { Calibration } from '../training/calibration.ts';
import type { Cluster } from '../training/cluster.ts';

/** Round numbers to calculate with by hand: a sequence takes a second, an update 0.1 s. */
export const calibration: Calibration = {
  machine: { cpu: 'test', cores: 2, load: 0 },
  parameters: 1000,
  gradient: { job: 0, row: 1, step: 0, rowStep: 0 },
  score: { job: 0, row: 0.5, step: 0, rowStep: 0 },
  contention: 1,
  jobs: [{ fitted: 1, seconds: 1 }],
  dispatch: 0,
  planning: 0,
  sumPerFloat: 1e-5,
  normPerFloat: 0,
  updatePerFloat: 1e-4,
  reading: 1,
  ranks: { source: 'test', memory: { latency: 0.001, secondsPerByte: 0 }, perMessage: 0, addPerFloat: 1e-5 },
};

export const cluster: Cluster = { ranks: 4, workers: 1, ranksPerMachine: 1, network: { latency: 0.01, secondsPerByte: 1e-5 } };

/** One batch of shards with so many sequences. */
export const batchOf = (...rows: number[]) => [rows.map((each) => ({ rows: each, steps: 1, rowSteps: each }))];
