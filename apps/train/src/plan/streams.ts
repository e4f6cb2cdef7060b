import type { WindowRows } from './rows.ts';
import { cutIntoShards } from './rows.ts';

export interface StreamPlan {
  /** The range of steps to read. */
  start: number;
  length: number;
  /** How many streams the range is cut into: the rows of a batch. */
  streams: number;
  bpttSteps: number;
  shards: number;
  /** The first of the two halves of state memory to use. */
  half?: number;
}

/**
 * Truncated BPTT (Williams & Peng, 1990). The range is cut into streams side by side. Batch k is window k of every stream and starts from
 * the state after window k-1. The first window starts from zeros.
 */
export function* planStreams({ start, length, streams, bpttSteps, shards, half = 0 }: StreamPlan): Generator<WindowRows[]> {
  const perStream = Math.ceil(length / streams);
  const rows = cutIntoShards(
    Int32Array.from({ length: streams }, (_, i) => i),
    shards,
  );
  for (let at = 0, window = 0; at < perStream; at += bpttSteps, window++) {
    yield rows.map((part) => {
      const first = part[0] as number;
      const starts = Float64Array.from(part, (row) => start + row * perStream + at);
      const lengths = Int32Array.from(part, (row) => {
        const left = Math.min(perStream, length - row * perStream) - at;
        return Math.max(0, Math.min(bpttSteps, left));
      });
      const from = window === 0 ? undefined : half + ((window - 1) % 2);
      return { starts, lengths, state: { row: first, from, to: half + (window % 2) } };
    });
  }
}

/** The number of batches that planStreams gives. */
export const countWindows = ({ length, streams, bpttSteps }: Pick<StreamPlan, 'length' | 'streams' | 'bpttSteps'>) =>
  Math.ceil(Math.ceil(length / streams) / bpttSteps);
