import { createLogUpdate } from 'log-update';

/** Shows how far each pass over a file is. */
export interface PassProgress {
  at(pass: string, bytes: number): void;
  done(): void;
}

/** The least milliseconds between redraws. */
const FRAME_MS = 100;

/** In a terminal, a line that changes; otherwise one line per pass. @param size of the file in bytes. */
export function createPassProgress(stream: NodeJS.WriteStream, size: number): PassProgress {
  const live = stream.isTTY ? createLogUpdate(stream) : undefined;
  let [shown, drawn, started] = ['', 0, 0];
  return {
    at(pass, bytes) {
      const now = performance.now();
      if (pass !== shown) {
        started = now;
        if (!live) stream.write(`${pass}\n`);
      } else if (now - drawn < FRAME_MS) return;
      [shown, drawn] = [pass, now];
      const percent = Math.min(100, Math.floor((100 * bytes) / size));
      const rate = bytes / 2 ** 20 / ((now - started) / 1000);
      live?.(`${pass}  ${percent} %${Number.isFinite(rate) ? `  ${rate.toFixed(0)} MB/s` : ''}`);
    },
    done() {
      live?.clear();
      live?.done();
    },
  };
}
