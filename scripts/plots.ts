/**
 * npm run plots [names...]: makes the plots of docs/training.md and docs/scale.md with the commands named there. Needs Chromium; takes a quarter of an hour.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Plot {
  name: string;
  /** The arguments after `npm run unroll --`. */
  command: string[];
  /** The page that the command writes, relative to the runs folder. */
  page: string;
  height: number;
}

const compare = (name: string, vary: string[], page: string, height = 497): Plot => ({
  ...{ name, page: `compare-remedies/${page}.html`, height },
  command: ['compare', 'remedies', '--vary', ...vary],
});

const plots: Plot[] = [
  compare('dropout', ['dropout=0', 'dropout=0.3', 'dropout=0.5'], 'dropout'),
  compare('recurrent-dropout', ['recurrentDropout=0', 'recurrentDropout=0.3'], 'recurrentDropout'),
  compare('batch-normalization', ['batchNormalization=0', 'batchNormalization=1'], 'batchNormalization'),
  compare('layer-normalization', ['layerNormalization=0', 'layerNormalization=1'], 'layerNormalization'),
  compare(
    'clipping',
    ['sgd=1,learningRate=10,clipNorm=0', 'sgd=1,learningRate=10,clipNorm=0.1', 'sgd=1,learningRate=10,clipValue=0.002'],
    'sgd-learningRate-clipNorm',
    825,
  ),
  compare(
    'schedules',
    [0, 1, 2, 3, 4, 5].map((i) => `schedule=${i}`),
    'schedule',
    925,
  ),
  compare('warmup', ['schedule=3,warmup=0', 'schedule=3,warmup=0.2'], 'schedule-warmup', 1060),
  compare('early-stopping', ['patience=0', 'patience=3'], 'patience', 467),
  compare('weight-decay', ['weightDecay=0', 'weightDecay=0.3'], 'weightDecay'),
  compare('ema', ['ema=0', 'ema=0.98'], 'ema', 467),
  compare('label-smoothing', ['labelSmoothing=0', 'labelSmoothing=0.2'], 'labelSmoothing'),
  compare('class-weights', ['positiveWeight=1', 'positiveWeight=3'], 'positiveWeight'),
  { name: 'learning-rate', command: ['find-rate', 'remedies'], page: 'find-rate-remedies/rates.html', height: 560 },
  { name: 'gradients', command: ['diagnose', 'adding'], page: 'diagnose-adding/diagnosis.html', height: 1190 },
  {
    ...{ name: 'scale', page: 'plan-moby-dick/plan.html', height: 1470 },
    command: ['plan', 'moby-dick', '--ranks', '64', '--network', '10Gb', '--shards', '64', '--batch', '512'],
  },
  { name: 'tuning', command: ['tune', 'sentiment', '--trials', '30'], page: 'tune-sentiment/tuning.html', height: 630 },
];

const root = join(import.meta.dirname, '..');
const runs = mkdtempSync(join(tmpdir(), 'unroll-plots-'));
const wanted = process.argv.slice(2);
mkdirSync(join(root, 'docs/plots'), { recursive: true });
for (const { name, command, page, height } of plots) {
  if (wanted.length && !wanted.includes(name)) continue;
  console.log(`── ${name}: npm run unroll -- ${command.join(' ')}`);
  execFileSync(process.execPath, [join(root, 'apps/train/src/cli.ts'), ...command, '--runs', runs], { stdio: 'inherit' });
  const image = `--screenshot=${join(root, 'docs/plots', `${name}.png`)}`;
  const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', `--window-size=960,${height}`, image];
  execFileSync('chromium', [...flags, pathToFileURL(join(runs, page)).href], { stdio: 'ignore' });
}
