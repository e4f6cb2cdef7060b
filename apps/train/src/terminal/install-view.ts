import { createLogUpdate } from 'log-update';
import { duration, gauge } from './gauge.ts';
import { printable } from './printable.ts';

/** Shows an installation as it runs. */
export interface InstallView {
  /** A step begins. */
  step(text: string): void;
  /** A download has this many of its bytes. */
  progress(name: string, bytes: number, total: number): void;
  warn(text: string): void;
  /** Removes the live line. */
  done(): void;
}

const BAR_WIDTH = 30;
const FRAME_MS = 80;
/** Without a terminal, the milliseconds between two lines about the same download. */
const LINE_MS = 10_000;

/** In a terminal, a line per step and a live line for a download; otherwise plain lines. */
export function createInstallView(stream: NodeJS.WriteStream, clock: () => number = () => performance.now()): InstallView {
  // A terminal without a size, as under `docker run -t`, would break each line after its first character.
  const live = stream.isTTY && stream.columns > 0 ? createLogUpdate(stream) : undefined;
  const line = (text: string) => (live ? live.persist(text) : stream.write(`${text}\n`));
  let current = '';
  let began = 0;
  let before = 0;
  let shownAt = 0;
  return {
    step: (text) => line(printable(text)),
    warn: (text) => line(`warning: ${printable(text)}`),
    progress(name, bytes, total) {
      const now = clock();
      if (name !== current) [current, began, before, shownAt] = [name, now, bytes, now];
      if (now - shownAt < (live ? FRAME_MS : LINE_MS)) return;
      shownAt = now;
      const rate = (bytes - before) / (now - began);
      const figures = `${megabytes(bytes)} of ${megabytes(total)}, ${(rate / 1000).toFixed(1)} MB/s, ${duration((total - bytes) / rate / 1000)} left`;
      if (live) live(` ${gauge(bytes / total, BAR_WIDTH)}  ${figures}`);
      else line(`  ${figures}`);
    },
    done: () => live?.clear(),
  };
}

/** '274 MB' */
export const megabytes = (bytes: number): string => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);
