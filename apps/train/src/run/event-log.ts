import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrainEvent } from '../recipe/events.ts';
import { encodeFileHeader, encodeScalars } from './tensorboard.ts';

/** How many steps are written at once. */
const FLUSH_EVERY = 50;

/** Writes a run's curves for TensorBoard. */
export interface EventLog {
  onEvent(event: TrainEvent): void;
  /** Writes the pending events. @throws if the file cannot be written; the pending events stay. */
  flush(): void;
}

/** @param directory for the event file. A resumed run adds another file. */
export function createEventLog(directory: string, now: () => number = Date.now): EventLog {
  const path = join(directory, `events.out.tfevents.${Math.floor(now() / 1000)}.unroll`);
  let pending: Uint8Array[] = [encodeFileHeader(now() / 1000)];
  function flush(): void {
    if (pending.length === 0) return;
    appendFileSync(path, Buffer.concat(pending));
    pending = [];
  }
  return {
    flush,
    onEvent(event) {
      const at = now() / 1000;
      if (event.type === 'step') {
        const { updates, loss, learningRate, gradientNorm, sequencesPerSecond } = event;
        const scalars = {
          'train/loss': loss,
          'train/learning_rate': learningRate,
          'train/gradient_norm': gradientNorm,
          'train/sequences_per_second': sequencesPerSecond,
        };
        pending.push(
          encodeScalars(
            at,
            updates,
            Object.entries(scalars).map(([tag, value]) => ({ tag, value })),
          ),
        );
        if (pending.length >= FLUSH_EVERY) flush();
      }
      if (event.type === 'epoch') {
        const scalars = Object.entries(event.validation).map(([name, value]) => ({
          tag: `validation/${name.replaceAll(' ', '_')}`,
          value,
        }));
        pending.push(encodeScalars(at, event.epoch, [...scalars, { tag: 'epoch/loss', value: event.loss }]));
        flush();
      }
    },
  };
}
