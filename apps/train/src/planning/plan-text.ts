/** A plan in the terminal, at most 100 columns wide. */
import type { Prepared } from '../data/prepare.ts';
import { printable } from '../terminal/printable.ts';
import { plainTable } from '../terminal/table.ts';
import { network, PRICES_READ, prices } from './edge/cloudflare.ts';
import { PEAK, UTILISATION } from './edge/edge-plan.ts';
import type { Plan } from './plan.ts';
import { partNames, stepParts } from './training/step-time.ts';
import type { RankPlan, TrainingPlan } from './training/training-plan.ts';
import { bandwidthText, bytesText, digits, timeText } from './units.ts';

export function planText(plan: Plan, { recipe, data }: Pick<Prepared, 'recipe' | 'data'>): string {
  return [
    `${recipe.name}: ${recipe.description}\n${data.summary}`,
    clusterText(plan, recipe.training),
    trainingText(plan),
    edgeText(plan),
    ...(plan.warnings.length ? [plan.warnings.map((warning) => `warning: ${printable(warning)}`).join('\n')] : []),
  ].join('\n\n');
}

function clusterText({ calibration, cluster }: Plan, { globalBatchSize, shards }: Prepared['recipe']['training']): string {
  const { machine, parameters, ranks } = calibration;
  const { workers, ranksPerMachine } = cluster;
  const link = { latency: cluster.network.latency, bandwidth: 1 / cluster.network.secondsPerByte };
  const shared = ranksPerMachine >= cluster.ranks;
  const lines = [
    ['machine', `${machine.cpu}, ${count(machine.cores, 'core')}; ${count(workers, 'worker')} a rank`],
    [
      'ranks',
      shared
        ? 'all on this machine, in shared memory'
        : `${ranksPerMachine} a machine; between machines ${bandwidthText(link.bandwidth)} and ${timeText(link.latency)}`,
    ],
    ['', `in a machine ${bandwidthText(1 / ranks.memory.secondsPerByte)} and ${timeText(ranks.memory.latency)}: ${ranks.source}`],
    [
      'batch',
      `${digits(globalBatchSize)} sequences in ${count(shards, 'shard')}; ${digits(parameters)} parameters, ${bytesText(4 * parameters)}`,
    ],
    ['reading', `${timeText(calibration.reading)} at the start of each rank; planning a step ${timeText(calibration.planning)}`],
  ];
  return lines.map(([name = '', text = '']) => `${name.padEnd(9)}${text}`).join('\n');
}

function trainingText({ training, moreShards, calibration }: Plan): string {
  const { allReduce, rows } = training;
  const { ranks } = rows.at(-1) as RankPlan;
  const { chain, owners, ring, tree } = allReduce;
  const [first, second] = [`owners ${timeText(owners)}`, `chain ${timeText(chain)}`];
  return [
    'Training',
    speedTable(training),
    "Where a step's time goes",
    partsTable(training),
    `Sum of ${bytesText(4 * calibration.parameters)} over ${count(ranks, 'rank')}: ${owners < chain ? `${first} (used), ${second}` : `${second} (used), ${first}`};`,
    `in another order of additions: ring ${timeText(ring)}, tree ${timeText(tree)}.`,
    `Best: ${bestText(training)}.`,
    ...(moreShards ? [moreShardsText(moreShards, training)] : []),
  ].join('\n');
}

const bestText = ({ best }: TrainingPlan) =>
  `${count(best.ranks, 'rank')}, ${timeText(best.stepTotal)} a step, ${digits(best.speedUp)} times as fast as one rank`;

function moreShardsText({ shards, training: finer }: NonNullable<Plan['moreShards']>, { rows, best }: TrainingPlan): string {
  const times = digits((rows[0] as RankPlan).stepTotal / finer.best.stepTotal);
  const text = `${count(finer.best.ranks, 'rank')}, ${timeText(finer.best.stepTotal)} a step`;
  if (finer.best.stepTotal >= best.stepTotal) return `More shards do not help: with ${shards} the best is ${text}.`;
  return `With --shards ${shards}: ${text}, ${times} times as fast as one rank with the recipe's shards.`;
}

function speedTable({ rows }: TrainingPlan): string {
  return plainTable(
    ['ranks', 'step', 'speed-up', 'efficiency', 'sequences/s', 'epoch'],
    rows.map(({ ranks, stepTotal, speedUp, efficiency, sequencesPerSecond, epoch }) => [
      `${ranks}`,
      timeText(stepTotal),
      `${speedUp.toFixed(2)}x`,
      percent(efficiency),
      digits(sequencesPerSecond),
      timeText(epoch),
    ]),
    { left: 0 },
  );
}

function partsTable({ rows }: TrainingPlan): string {
  return plainTable(
    ['ranks', ...stepParts.map((part) => partNames[part])],
    rows.map(({ ranks, step, stepTotal }) => [`${ranks}`, ...stepParts.map((part) => percent(step[part] / stepTotal))]),
    { left: 0 },
  );
}

function edgeText({ request, edge, calibration }: Plan): string {
  const table = plainTable(
    ['requests a day', 'a second', 'CPU cores', 'isolates', 'cold starts', 'HTTP', 'sessions', 'machines'],
    edge.map((plan) => [
      digits(plan.requestsPerDay),
      digits(plan.requestsPerSecond),
      digits(plan.cores),
      digits(plan.isolates),
      percent(plan.coldShare),
      dollars(plan.httpCost),
      dollars(plan.sessionCost),
      `${plan.machines}`,
    ]),
    { left: 0 },
  );
  const { cores } = calibration.machine;
  return [
    'At the edge',
    table,
    `A request of ${digits(request.steps)} steps takes ${digits(request.cpuMs)} ms of CPU, the prediction ${digits(request.predictMs)} of them.`,
    `An isolate takes ${bytesText(request.isolateBytes)} of ${bytesText(network.isolateBytes)}, its start ${request.startMs} ms. The model file has ${bytesText(request.fileBytes)}.`,
    'HTTP, sessions: dollars a month on Workers Paid if each request is an HTTP request to a published',
    `model, or a message of a session. Prices of ${PRICES_READ}:`,
    ...[prices.workers, prices.r2, prices.durableObjects].map(({ source }) => `  ${source}`),
    `Isolates end ${network.idleSeconds} s after their last request (assumed); ${network.cities} cities share the traffic by Zipf's law.`,
    `Machines: to serve it yourself on ${count(cores, 'core')} each, ${percent(UTILISATION)} busy at ${PEAK} times the mean load.`,
  ].join('\n');
}

const count = (number: number, what: string) => `${digits(number)} ${what}${number === 1 ? '' : 's'}`;

function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 9.95 || value === 0 ? value.toFixed(0) : value >= 0.095 ? value.toFixed(1) : value.toFixed(2)} %`;
}

const dollars = (value: number) => `$${value < 100 ? value.toFixed(2) : Math.round(value).toLocaleString('en')}`;
