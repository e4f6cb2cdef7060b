import { styleText } from 'node:util';
import type { Metric } from '@unroll/model/tasks/task.ts';
import { createLogUpdate } from 'log-update';
import type { EpochMetrics, StartEvent, TrainEvent } from '../recipe/events.ts';
import { duration, gauge } from './gauge.ts';
import { createSpark } from './sparkline.ts';

/** Shows training as it runs. */
export interface Progress {
  onEvent(event: TrainEvent): void;
  /** Leaves the last state on the screen and shows the cursor again. */
  done(): void;
}

type Metrics = Readonly<Record<string, Metric>>;

/**
 * In a terminal, a live view under a table of epochs; otherwise plain lines.
 * @param ranks a launcher of several passes output on line by line, although Open MPI's gives each rank a terminal.
 */
export function createProgress(stream: NodeJS.WriteStream, metrics: Metrics, ranks = 1): Progress {
  return stream.isTTY && ranks === 1 ? liveProgress(stream, metrics) : plainProgress(stream, metrics);
}

type StepEvent = Extract<TrainEvent, { type: 'step' }>;

/** Warnings that do not end training, one line each. Repeated failures to write the same file give one line. */
function createWarnings(): (event: TrainEvent) => string | undefined {
  const told = new Set<string>();
  return (event) => {
    switch (event.type) {
      case 'retry':
        return `${event.what} failed (${event.reason}); attempt ${event.attempt + 1} runs on a fresh worker`;
      case 'writeFailed': {
        // All numbered checkpoints count as one file here.
        const trouble = `${event.path.replace(/\d+(?=\.safetensors$)/, '')}: ${event.reason}`;
        if (told.has(trouble)) return undefined;
        told.add(trouble);
        return `cannot write ${event.path}: ${event.reason}; training continues and tries again`;
      }
      case 'damaged':
        return `checkpoint ${event.path} is damaged (${event.reason}); trying the one before it`;
      default:
        return undefined;
    }
  };
}

function plainProgress(stream: NodeJS.WriteStream, metrics: Metrics): Progress {
  const warning = createWarnings();
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
/** With more workers, their mean is shown. */
const GAUGES = 8;
/** The least milliseconds between redraws, so that the display does not slow training down. */
const FRAME_MS = 80;

/** Three lines that change, under epochs and warnings that stay in the terminal's scrollback. */
function liveProgress(stream: NodeJS.WriteStream, metrics: Metrics): Progress {
  const live = createLogUpdate(stream);
  const warning = createWarnings();
  const losses = createSpark(SPARK_WIDTH);
  const busy: number[] = [];
  let start: StartEvent | undefined;
  let began = 0;
  let stepsSeen = 0;
  let lastFrame = 0;

  function view(event: StepEvent, now: number): string[] {
    const { epochs, stepsPerEpoch } = start as StartEvent;
    const stepsLeft = epochs * stepsPerEpoch - ((event.epoch - 1) * stepsPerEpoch + event.step);
    const left = duration(((now - began) / 1000 / stepsSeen) * stepsLeft);
    return [
      '',
      ` ${gauge(event.step / stepsPerEpoch, BAR_WIDTH)}  epoch ${event.epoch}/${epochs}  step ${event.step}/${stepsPerEpoch}  ${rate(event.sequencesPerSecond)}  at most ${left} left`,
      ` loss ${event.meanLoss.toFixed(4)}  ${styleText('cyan', losses.text())}  learning rate ${number(event.learningRate)}  gradient norm ${number(event.gradientNorm)}`,
      ` workers busy  ${workersBusy(busy)}`,
    ];
  }

  function onStep(event: StepEvent): void {
    const now = performance.now();
    stepsSeen++;
    losses.add(event.loss);
    for (const [i, fraction] of event.utilisation.entries()) busy[i] = 0.9 * (busy[i] ?? fraction) + 0.1 * fraction;
    if (now - lastFrame < FRAME_MS) return;
    lastFrame = now;
    live(view(event, now).join('\n'));
  }

  return {
    onEvent(event) {
      const trouble = warning(event);
      if (trouble) live.persist(styleText('yellow', ` ! ${trouble}`));
      if (event.type === 'start') {
        start = event;
        began = performance.now();
        live.persist(`${startLine(event)}\n\n${head(metrics)}`);
      }
      if (event.type === 'step') onStep(event);
      if (event.type === 'epoch') live.persist(epochRow(event, metrics));
    },
    done: () => live.done(),
  };
}

function workersBusy(busy: readonly number[]): string {
  const percent = (fraction: number) => `${`${Math.round(fraction * 100)}`.padStart(3)} %`;
  if (busy.length <= GAUGES) return busy.map((fraction) => `${gauge(fraction, 8)} ${percent(fraction)}`).join('   ');
  const mean = busy.reduce((sum, fraction) => sum + fraction, 0) / busy.length;
  return `${gauge(mean, 8)} ${percent(mean)} on average, at least ${percent(Math.min(...busy)).trim()}`;
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

function startLine({ workers, workersWanted, ranks = 1, shards, parameters, stepsPerEpoch, resumedAt }: StartEvent): string {
  const perRank = ranks > 1 ? `, ${Math.ceil(shards / ranks)} a rank` : '';
  const capped = workersWanted === undefined ? '' : ` (not ${workersWanted}: a batch has ${plural(shards, 'shard')}${perRank})`;
  const idle = ranks > shards ? ` (${ranks - shards} of them compute nothing: a batch has ${plural(shards, 'shard')})` : '';
  const threads = ranks > 1 ? `${ranks} ranks${idle} of ${plural(workers, 'worker')}` : plural(workers, 'worker');
  const sizes = `${plural(parameters, 'parameter')}, ${plural(stepsPerEpoch, 'step')} an epoch, ${threads}${capped}`;
  return resumedAt ? `${sizes}, ${resumePoint(resumedAt)}` : sizes;
}

function resumePoint({ epoch, step }: NonNullable<StartEvent['resumedAt']>): string {
  return epoch === 1 && step === 0 ? 'no checkpoint yet: starts at the first step' : `resumes at epoch ${epoch}, step ${step + 1}`;
}

const plural = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

const rate = (sequencesPerSecond: number) => `${Math.round(sequencesPerSecond).toLocaleString('en')} sequences/s`;
const number = (value: number) => Number(value.toPrecision(3)).toString();
