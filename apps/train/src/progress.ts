import { styleText } from 'node:util';
import { createLogUpdate } from 'log-update';
import type { EpochMetrics, TrainEvent } from './train.ts';

/** Shows training as it runs. */
export interface Progress {
  onEvent(event: TrainEvent): void;
  /** Leaves the last state on the screen and gives the cursor back. */
  done(): void;
}

/** On a terminal a live line under a table of epochs; elsewhere one plain line an epoch. */
export function createProgress(stream: NodeJS.WriteStream, epochs: number): Progress {
  return stream.isTTY ? liveProgress(stream, epochs) : plainProgress(stream, epochs);
}

const share = (value: number) => `${(value * 100).toFixed(1)} %`;

function plainProgress(stream: NodeJS.WriteStream, epochs: number): Progress {
  return {
    onEvent(event) {
      if (event.type === 'start') stream.write(`${startLine(event)}\n`);
      if (event.type !== 'epoch') return;
      const { epoch, loss, validationLoss, validationAccuracy, sequencesPerSecond, best } = event;
      stream.write(
        `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  validation loss ${validationLoss.toFixed(4)}  ` +
          `validation accuracy ${share(validationAccuracy)}  ${Math.round(sequencesPerSecond)} sequences/s${best ? '  best' : ''}\n`,
      );
    },
    done() {},
  };
}

const HEAD = ' epoch      loss   val. loss   val. accuracy   sequences/s';
const BAR_WIDTH = 24;
/** Redraws a second, at most: the display must not cost training anything. */
const FRAME_MS = 80;

function liveProgress(stream: NodeJS.WriteStream, epochs: number): Progress {
  const live = createLogUpdate(stream);
  const rows: string[] = [];
  let stepsPerEpoch = 1;
  let epochStarted = performance.now();
  let epochSeconds: number | undefined;
  let lastFrame = 0;

  const draw = (line: string) => live([styleText('bold', HEAD), ...rows, line].filter(Boolean).join('\n'));

  return {
    onEvent(event) {
      switch (event.type) {
        case 'start':
          stepsPerEpoch = event.stepsPerEpoch;
          stream.write(`${startLine(event)}\n\n`);
          draw('');
          break;
        case 'step': {
          const now = performance.now();
          if (event.step === 1) epochStarted = now;
          if (now - lastFrame < FRAME_MS) break;
          lastFrame = now;
          const done = event.step / stepsPerEpoch;
          const filled = Math.round(done * BAR_WIDTH);
          const bar = styleText('cyan', '━'.repeat(filled)) + styleText('gray', '━'.repeat(BAR_WIDTH - filled));
          const perEpoch = epochSeconds ?? (now - epochStarted) / 1000 / done;
          const remaining = Math.max(0, (epochs - event.epoch + 1) * perEpoch - (now - epochStarted) / 1000);
          draw(
            ` ${bar}  epoch ${event.epoch}/${epochs}  step ${event.step}/${stepsPerEpoch}  loss ${event.loss.toFixed(4)}  ` +
              `${Math.round(event.sequencesPerSecond)} sequences/s  ETA ≤ ${duration(remaining)}`,
          );
          break;
        }
        case 'epoch':
          epochSeconds = event.seconds;
          rows.push(epochRow(event));
          draw('');
      }
    },
    done: () => live.done(),
  };
}

function epochRow({ epoch, loss, validationLoss, validationAccuracy, sequencesPerSecond, best }: EpochMetrics): string {
  const numbers = [
    String(epoch).padStart(6),
    loss.toFixed(4).padStart(10),
    validationLoss.toFixed(4).padStart(12),
    share(validationAccuracy).padStart(16),
    String(Math.round(sequencesPerSecond)).padStart(14),
  ].join('');
  return best ? `${numbers}   ${styleText('green', '● best')}` : styleText('dim', numbers);
}

function startLine({ workers, parameters, stepsPerEpoch }: Extract<TrainEvent, { type: 'start' }>): string {
  return `${parameters.toLocaleString('en')} parameters, ${stepsPerEpoch} steps an epoch, ${workers} worker${workers === 1 ? '' : 's'}`;
}

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
