import { html } from 'hono/html';
import type { Prepared } from '../data/prepare.ts';
import { type Chart, chartFigure, lineColors } from '../page/chart.ts';
import { renderPage } from '../page/page.ts';
import { PRICES_READ } from './edge/cloudflare.ts';
import { planEdge } from './edge/edge-plan.ts';
import type { Plan } from './plan.ts';
import { partNames, stepParts } from './training/step-time.ts';
import { planTraining, type TrainingPlan } from './training/training-plan.ts';
import { workloadOf } from './training/workload.ts';
import { bandwidthText, digits } from './units.ts';

/** Bytes per second of the networks in the chart of speed-ups. */
const networks = [1e9 / 8, 10e9 / 8, 100e9 / 8];
/** Powers of ten of the requests a day in the chart of costs, and points in each. */
const LOADS = { from: 5, to: 9.5, step: 0.25 };

/** The plan's curves. */
export function planPage(plan: Plan, prepared: Prepared): Promise<string> {
  const { name, training } = prepared.recipe;
  const { calibration, cluster } = plan;
  const { machine } = calibration;
  const charts = [speedUps(plan, prepared), parts(plan.training), costs(plan), machines(plan)] as const;
  const [speed, split, price, own] = charts;
  const body = html`
${chartFigure(speed, 'Speed-up over one rank, by the network between machines')}
${chartFigure(split, 'Where the time of a step goes')}
${chartFigure(price, `Dollars a month at the edge, by prices of ${PRICES_READ}`)}
${chartFigure(own, 'CPU cores that answer requests, and machines of a self-hosted service')}`;
  const description = `Measured on ${machine.cpu}, ${machine.cores} cores. Batches of ${digits(training.globalBatchSize)} in ${digits(training.shards)} shards, ${digits(calibration.parameters)} parameters; workers a rank: ${cluster.workers}, ranks a machine: ${cluster.ranksPerMachine}.`;
  return renderPage({ title: `A plan for ${name}`, description, body, charts });
}

const ranksOf = ({ rows }: TrainingPlan) => ({ x: rows.map((_, i) => i), xNames: rows.map(({ ranks }) => `${ranks}`), xLabel: 'ranks' });

function speedUps({ calibration, cluster, training }: Plan, prepared: Prepared): Chart {
  const workload = workloadOf(prepared);
  const ranksPerMachine = cluster.ranksPerMachine < cluster.ranks ? cluster.ranksPerMachine : 1;
  const lines = networks.map((bandwidth, i) => {
    const network = { latency: cluster.network.latency, secondsPerByte: 1 / bandwidth };
    const { rows } = planTraining(calibration, workload, { ...cluster, ranksPerMachine, network });
    return { label: bandwidthText(bandwidth), color: lineColors[i] ?? 'ink', points: true, values: rows.map(({ speedUp }) => speedUp) };
  });
  const ideal = { label: 'ideal', color: 'ink' as const, dashed: true, thin: true, values: training.rows.map(({ ranks }) => ranks) };
  return { id: 'speed-ups', ...ranksOf(training), yLog: true, lines: [...lines.toReversed(), ideal] };
}

function parts(training: TrainingPlan): Chart {
  const shown = stepParts.filter((part) => training.rows.some(({ step, stepTotal }) => step[part] > 0.01 * stepTotal));
  return {
    id: 'parts',
    ...ranksOf(training),
    yPercent: true,
    lines: shown.map((part, i) => ({
      label: partNames[part],
      color: lineColors[i] ?? ('ink' as const),
      points: true,
      values: training.rows.map(({ step, stepTotal }) => step[part] / stepTotal),
    })),
  };
}

const loads = Array.from({ length: (LOADS.to - LOADS.from) / LOADS.step + 1 }, (_, i) => 10 ** (LOADS.from + i * LOADS.step));
const byLoad = { x: loads, xLabel: 'requests a day', xLog: true, yLog: true };

function costs({ request, calibration }: Plan): Chart {
  const plans = loads.map((load) => planEdge(request, load, calibration.machine));
  return {
    id: 'costs',
    ...byLoad,
    lines: [
      { label: 'HTTP requests', color: 'accent', values: plans.map(({ httpCost }) => httpCost) },
      { label: 'messages of sessions', color: 'second', values: plans.map(({ sessionCost }) => sessionCost) },
    ],
  };
}

function machines({ request, calibration }: Plan): Chart {
  const plans = loads.map((load) => planEdge(request, load, calibration.machine));
  return {
    id: 'machines',
    ...byLoad,
    lines: [
      { label: 'CPU cores, mean of the day', color: 'accent', values: plans.map(({ cores }) => cores) },
      { label: `machines of ${calibration.machine.cores} cores`, color: 'second', values: plans.map(({ machines }) => machines) },
    ],
  };
}
