import { open, readFile } from 'node:fs/promises';
import type { EpochMetrics } from '../recipe/events.ts';
import { WriteFailed, writeAtomically } from './write-atomically.ts';

/** The metrics of a run's epochs, one line of JSON per epoch, in a file that only grows. Checkpoints rely on this file. */
export interface MetricsFile {
  /** Appends the missing epochs and flushes the file to disk. @throws if it cannot be written; the next call rewrites the whole file. */
  write(history: readonly EpochMetrics[]): Promise<void>;
  /** The first epochs. @throws if the file holds fewer. */
  read(epochs: number): Promise<EpochMetrics[]>;
}

export function createMetricsFile(path: string): MetricsFile {
  /** The number of complete lines. Undefined if the content is unknown; then the file is replaced. */
  let lines: number | undefined;
  return {
    async write(history) {
      const known = lines;
      lines = undefined;
      if (known === undefined) await writeAtomically(path, linesOf(history));
      else if (history.length > known) await append(path, linesOf(history.slice(known)));
      lines = history.length;
    },
    async read(epochs) {
      if (epochs === 0) return [];
      const history = parseLines(await readFile(path, 'utf8'));
      if (history.length < epochs) throw new Error(`${path} holds ${history.length} of the ${epochs} epochs before it`);
      return history.slice(0, epochs);
    },
  };
}

const linesOf = (history: readonly EpochMetrics[]) => history.map((metrics) => `${JSON.stringify(metrics)}\n`).join('');

/** Epochs 1, 2, 3 ... up to the first line that is damaged, out of order or incomplete. */
function parseLines(text: string): EpochMetrics[] {
  const history: EpochMetrics[] = [];
  for (const line of text.split('\n')) {
    try {
      const metrics = parseMetrics(line);
      if (metrics.epoch !== history.length + 1) break;
      history.push(metrics);
    } catch {
      break;
    }
  }
  return history;
}

/** JSON writes a number that is not finite as null. */
export const parseMetrics = (json: string) => JSON.parse(json, (_, value) => (value === null ? Number.NaN : value)) as EpochMetrics;

async function append(path: string, text: string): Promise<void> {
  try {
    await using file = await open(path, 'a');
    await file.writeFile(text);
    await file.sync();
  } catch (error) {
    throw new WriteFailed(path, error);
  }
}
