import { open, readFile } from 'node:fs/promises';
import type { EpochMetrics } from '../recipe/events.ts';
import { WriteFailed, writeAtomically } from './write-atomically.ts';

/** The metrics of a run's epochs, a line of JSON each, in a file that only grows. Checkpoints rely on it instead of holding them. */
export interface MetricsFile {
  /** Adds the epochs that the file lacks, and flushes them to disk. @throws if it cannot be written; the next call writes it whole. */
  write(history: readonly EpochMetrics[]): Promise<void>;
  /** The first epochs. @throws if the file holds fewer. */
  read(epochs: number): Promise<EpochMetrics[]>;
}

export function createMetricsFile(path: string): MetricsFile {
  /** Lines that are whole. Undefined: what the file holds is unknown, so it is replaced. */
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

/** Epochs 1, 2, 3 ... up to the first line that is damaged, out of turn or half-written. */
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
