import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import Table from 'cli-table3';
import type { Case } from './cases.ts';
import { median } from './compare.ts';
import { contestantsOf, trainerCommand } from './contestants.ts';
import { type Peer, startPeer } from './peer.ts';

/** Weak scaling of the trainer at one size, with B rows per worker. */
export interface ScalingRow {
  B: number;
  T: number;
  I: number;
  H: number;
  parameters: number;
  /** Median milliseconds of a step with one worker, and with two on twice the rows. */
  oneWorker: number;
  twoWorkers: number;
  /** Time with one worker over time with two: the median over rounds. 1 is perfect. */
  efficiency: number;
  /** Share of a two-worker step outside the wait for gradients. */
  overhead: number;
}

export interface Scaling {
  /** Speed of a product while another one runs, over its speed alone: near 1 on two cores, near 0.5 on two threads of one core. */
  separateCores: number;
  rows: ScalingRow[];
  memory: { dataBytes: number; residentBytes: number };
}

const shapes = [
  { B: 32, T: 100, I: 64, H: 128 },
  { B: 32, T: 100, I: 256, H: 384 },
];

interface TimedRun {
  ms: number;
  overhead: number;
  parameters: number;
}

/** Measures how well the trainer uses a second core, and its memory for a million samples. */
export async function measureScaling(quick: boolean): Promise<Scaling> {
  const separateCores = await measureCores();
  const [one, two] = [1, 2].map((workers) => startPeer(trainerCommand(`${workers}`, workers))) as [Peer, Peer];
  const rows: ScalingRow[] = [];
  for (const shape of quick ? shapes.slice(0, 1) : shapes) {
    const each: Case = { suite: 'trainer', cell: 'embedding-lstm-dense', ...shape };
    const rounds: [TimedRun, TimedRun][] = [];
    for (let round = 0; round < (quick ? 3 : 7); round++) rounds.push([await run(one, each), await run(two, each)]);
    const of = (which: 0 | 1, what: keyof TimedRun) => median(rounds.map((both) => both[which][what]));
    rows.push({
      ...shape,
      parameters: of(0, 'parameters'),
      oneWorker: of(0, 'ms'),
      twoWorkers: of(1, 'ms'),
      efficiency: median(rounds.map(([a, b]) => a.ms / b.ms)),
      overhead: of(1, 'overhead'),
    });
  }
  one.stop();
  two.stop();
  return { separateCores, rows, memory: measureMemory() };
}

const run = async (peer: Peer, each: Case) => (await peer.ask(each, each.H > 200 ? 8 : 25)) as unknown as TimedRun;

async function measureCores(): Promise<number> {
  const [command] = contestantsOf('gemm', 'relaxed').commands;
  const peers = [0, 1].map(() => startPeer(command as NonNullable<typeof command>)) as [Peer, Peer];
  const each: Case = { suite: 'gemm', cell: 'matMul', B: 256, T: 1, I: 256, H: 512 };
  const calls = 100;
  for (const peer of peers) await peer.time(each, calls);
  const ratios: number[] = [];
  for (let round = 0; round < 5; round++) {
    const alone = await peers[0].time(each, calls);
    const [beside] = await Promise.all(peers.map((peer) => peer.time(each, calls)));
    ratios.push(alone / (beside as number));
  }
  for (const peer of peers) peer.stop();
  return median(ratios);
}

function measureMemory(): Scaling['memory'] {
  const train = dirname(createRequire(import.meta.url).resolve('@unroll/train/package.json'));
  const output = execFileSync(process.execPath, ['--no-warnings', join(train, 'src/bench/memory-run.ts')], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1) as string) as Scaling['memory'];
}

export function scalingTable({ separateCores, rows, memory }: Scaling): string {
  const head = ['B', 'T', 'I', 'H', 'parameters', '1 worker, ms', '2 workers, ms', 'efficiency', 'overhead'];
  const table = new Table({ head, style: { head: [], border: [], compact: true } });
  for (const { B, T, I, H, parameters, oneWorker, twoWorkers, efficiency, overhead } of rows) {
    const sizes = [B, T, I, H, parameters.toLocaleString('en')].map(String);
    table.push([...sizes, oneWorker.toFixed(1), twoWorkers.toFixed(1), efficiency.toFixed(3), `${(overhead * 100).toFixed(1)} %`]);
  }
  const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
  const { dataBytes, residentBytes } = memory;
  return `${table.toString()}
A product beside another one runs at ${separateCores.toFixed(2)} of its speed alone (1: separate cores, 0.5: threads of one).
A million samples of 100 ids and four workers: ${mebibytes(residentBytes)} resident, ${(residentBytes / dataBytes).toFixed(2)} x the data (${mebibytes(dataBytes)}).`;
}
