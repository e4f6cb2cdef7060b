import { styleText } from 'node:util';
import type { Metric } from '@unroll/model/tasks/task.ts';
import { createLogUpdate } from 'log-update';
import type { EpochMetrics, StartEvent, TrainEvent } from '../recipe/events.ts';

/** Shows training as it runs. */
export interface Progress {
  onEvent(event: TrainEvent): void;
  /** Leaves the last state on the screen and gives the cursor back. */
  done(): void;
}

type Metrics = Readonly<Record<string, Metric>>;

/** On a terminal a live view under a table of epochs; elsewhere plain lines. */
export function createProgress(stream: NodeJS.WriteStream, metrics: Metrics): Progress {
  return stream.isTTY ? liveProgress(stream, metrics) : plainProgress(stream, metrics);
}

type StepEvent = Extract<TrainEvent, { type: 'step' }>;

/** A trouble that training survives, in a line; undefined for other events. */
function warning(event: TrainEvent): string | undefined {
  switch (event.type) {
    case 'retry':
      return `${event.what} failed (${event.reason}); attempt ${event.attempt + 1} runs on a fresh worker`;
    case 'writeFailed':
      return `cannot write ${event.path}: ${event.reason}; training continues and writes it again later`;
    case 'damaged':
      return `checkpoint ${event.path} is damaged (${event.reason}); trying the one before`;
    default:
      return undefined;
  }
}

function plainProgress(stream: NodeJS.WriteStream, metrics: Metrics): Progress {
  let epochs = 0;
  return {
    onEvent(event) {
      const trouble = warning(event);
      if (trouble) stream.write(`warning: ${trouble}\n`);
      if (event.type === 'start') {
        epochs = event.epochs;
        stream.write(`${startLine(event)}\n`);
      }
      if (event.type !== 'epoch') return;
      const { epoch, loss, validation, sequencesPerSecond, best } = event;
      const figures = Object.entries(metrics).map(([name, { format }]) => `  ${name} ${format(validation[name] as number)}`);
      stream.write(
        `epoch ${epoch}/${epochs}  loss ${loss.toFixed(4)}  validation: loss ${validation.loss.toFixed(4)}${figures.join('')}  ` +
          `${rate(sequencesPerSecond)}${best ? '  best' : ''}\n`,
      );
    },
    done() {},
  };
}

const BAR_WIDTH = 30;
const SPARK_WIDTH = 40;
/** Redraws are this far apart at least: the display must not cost training anything. */
const FRAME_MS = 80;

function liveProgress(stream: NodeJS.WriteStream, metrics: Metrics): Progress {
  const live = createLogUpdate(stream);
  const rows: string[] = [];
  const losses: number[] = [];
  let start: StartEvent | undefined;
  let began = 0;
  let stepsSeen = 0;
  let lastFrame = 0;
  const busy: number[] = [];

  const draw = (...lines: string[]) => live([head(metrics), ...rows, ...lines].join('\n'));

  function view(event: StepEvent, now: number): string[] {
    const { epochs, stepsPerEpoch } = start as StartEvent;
    const stepsLeft = epochs * stepsPerEpoch - ((event.epoch - 1) * stepsPerEpoch + event.step);
    const eta = duration(((now - began) / 1000 / stepsSeen) * stepsLeft);
    const spark = styleText('cyan', sparkline(losses, SPARK_WIDTH));
    const workers = busy.map((share) => `${gauge(share, 8)} ${`${Math.round(share * 100)}`.padStart(3)} %`).join('   ');
    return [
      '',
      ` ${gauge(event.step / stepsPerEpoch, BAR_WIDTH)}  epoch ${event.epoch}/${epochs}  step ${event.step}/${stepsPerEpoch}  ${rate(event.sequencesPerSecond)}  ETA ≤ ${eta}`,
      ` loss ${event.meanLoss.toFixed(4)}  ${spark}  learning rate ${number(event.learningRate)}  |g| ${number(event.gradientNorm)}`,
      ` workers  ${workers}`,
    ];
  }

  return {
    onEvent(event) {
      const trouble = warning(event);
      if (trouble) rows.push(styleText('yellow', ` ! ${trouble}`));
      switch (event.type) {
        case 'start':
          start = event;
          began = performance.now();
          stream.write(`${startLine(event)}\n\n`);
          draw();
          break;
        case 'step': {
          const now = performance.now();
          stepsSeen++;
          losses.push(event.loss);
          for (const [i, share] of event.utilisation.entries()) busy[i] = 0.9 * (busy[i] ?? share) + 0.1 * share;
          if (now - lastFrame < FRAME_MS) break;
          lastFrame = now;
          draw(...view(event, now));
          break;
        }
        case 'epoch':
          rows.push(epochRow(event, metrics));
          draw();
      }
    },
    done: () => live.done(),
  };
}

const COLUMN = 12;

function head(metrics: Metrics): string {
  const columns = ['epoch', 'loss', 'val. loss', ...Object.keys(metrics), 'seq/s'];
  return styleText('bold', columns.map((name) => name.padStart(Math.max(COLUMN, name.length + 2))).join(''));
}

function epochRow({ epoch, loss, validation, sequencesPerSecond, best }: EpochMetrics, metrics: Metrics): string {
  const cells = [
    String(epoch).padStart(COLUMN),
    loss.toFixed(4).padStart(COLUMN),
    validation.loss.toFixed(4).padStart(COLUMN),
    ...Object.entries(metrics).map(([name, { format }]) => format(validation[name] as number).padStart(Math.max(COLUMN, name.length + 2))),
    Math.round(sequencesPerSecond).toLocaleString('en').padStart(COLUMN),
  ].join('');
  return best ? `${cells}   ${styleText('green', '● best')}` : styleText('dim', cells);
}

function startLine({ workers, workersWanted, parameters, stepsPerEpoch, resumedAt }: StartEvent): string {
  const capped = workersWanted === undefined ? '' : ` of ${workersWanted} (one a shard: more would idle)`;
  const sizes = `${plural(parameters, 'parameter')}, ${plural(stepsPerEpoch, 'step')} an epoch, ${plural(workers, 'worker')}${capped}`;
  return resumedAt ? `${sizes}, ${resumePoint(resumedAt)}` : sizes;
}

function resumePoint({ epoch, step }: NonNullable<StartEvent['resumedAt']>): string {
  return epoch === 1 && step === 0 ? 'no checkpoint yet: starts at the first step' : `resumes at epoch ${epoch}, step ${step + 1}`;
}

const plural = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const SPARKS = '▁▂▃▄▅▆▇█';

/** Means of `width` equal stretches of the values, from their lowest to their highest. */
export function sparkline(values: readonly number[], width: number): string {
  const size = Math.max(1, values.length / width);
  const points = Array.from({ length: Math.min(width, values.length) }, (_, i) => {
    const part = values.slice(Math.floor(i * size), Math.max(Math.floor((i + 1) * size), Math.floor(i * size) + 1));
    return part.reduce((sum, value) => sum + value, 0) / part.length;
  });
  const [low, high] = [Math.min(...points), Math.max(...points)];
  return points.map((value) => SPARKS[high > low ? Math.round(((value - low) / (high - low)) * (SPARKS.length - 1)) : 0]).join('');
}

function gauge(share: number, width: number): string {
  const filled = Math.round(Math.min(1, share) * width);
  return styleText('cyan', '━'.repeat(filled)) + styleText('gray', '━'.repeat(width - filled));
}

const rate = (sequencesPerSecond: number) => `${Math.round(sequencesPerSecond).toLocaleString('en')} sequences/s`;
const number = (value: number) => Number(value.toPrecision(3)).toString();

function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
