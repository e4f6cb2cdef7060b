import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Table from 'cli-table3';
import type { Case } from './cases.ts';
import { median } from './compare.ts';
import { trainerCommand } from './contestants.ts';
import { type Peer, type PeerCommand, startPeer } from './peer.ts';
import type { TimedSum } from './peers/ordered-sum.ts';

/** What several processes of one machine cost, compared with threads of one process. */
export interface MpiFigures {
  /** The sum of a 4 MB vector, along a chain and by owners: in times of a copy of it, in milliseconds, and as the trainer expects it. */
  sum: (Omit<TimedSum, 'copyMs'> & { mpiexec: string; ranks: number; chain: number; owners: number; isChain: boolean })[];
  /** Milliseconds from step to step of the same work, and the ratio of speeds: the median over rounds. */
  training: { mpiexec: string; T: number; I: number; H: number; parameters: number; threads: number; ranks: number; speed: number }[];
  skipped: string[];
}

const BYTES = 4_000_000;
const shapes = [
  { B: 32, T: 100, I: 64, H: 128 },
  { B: 32, T: 100, I: 128, H: 256 },
];

/** Open MPI refuses to run as root, and two ranks on a machine of one core, unless told. */
export const mpiEnvironment = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1', OMPI_MCA_rmaps_base_oversubscribe: '1' };

export async function measureMpi(quick: boolean): Promise<MpiFigures> {
  const figures: MpiFigures = { sum: [], training: [], skipped: [] };
  for (const mpiexec of ['mpiexec.mpich', 'mpiexec.openmpi']) {
    if (spawnSync(mpiexec, ['--version']).status !== 0) {
      figures.skipped.push(`${mpiexec} skipped: not installed (Debian: apt install mpich openmpi-bin)`);
      continue;
    }
    for (const ranks of [2, 4]) figures.sum.push(timeSum(mpiexec, ranks, quick ? 3 : 15));
    figures.training.push(...(await timeTraining(mpiexec, quick)));
  }
  return figures;
}

/** Chain and owners in turn. */
function timeSum(mpiexec: string, ranks: number, rounds: number): MpiFigures['sum'][number] {
  const program = join(import.meta.dirname, 'peers/ordered-sum.ts');
  const output = execFileSync(mpiexec, ['-n', `${ranks}`, process.execPath, '--no-warnings', program, `${BYTES}`, `${rounds}`], {
    encoding: 'utf8',
    env: { ...process.env, ...mpiEnvironment },
  });
  const times = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as TimedSum);
  const of = (value: (time: TimedSum) => number) => median(times.map(value));
  return {
    mpiexec,
    ranks,
    chain: of(({ chainMs, copyMs }) => chainMs / copyMs),
    owners: of(({ ownersMs, copyMs }) => ownersMs / copyMs),
    isChain: ranks === 2 || (times[0]?.chainPlanMs ?? 0) <= (times[0]?.ownersPlanMs ?? 0),
    chainMs: of(({ chainMs }) => chainMs),
    chainPlanMs: of(({ chainPlanMs }) => chainPlanMs),
    ownersMs: of(({ ownersMs }) => ownersMs),
    ownersPlanMs: of(({ ownersPlanMs }) => ownersPlanMs),
  };
}

/** Two ranks of one worker, and one process of two workers, in turn on the same two shards. */
async function timeTraining(mpiexec: string, quick: boolean): Promise<MpiFigures['training']> {
  const threads = startPeer(trainerCommand('1 process of 2 workers', 2));
  const one = trainerCommand('2 ranks of 1 worker', 1, mpiEnvironment);
  const command: PeerCommand = { ...one, command: mpiexec, args: ['-n', '2', one.command, ...one.args] };
  const ranks = startPeer(command);
  const rows: MpiFigures['training'] = [];
  for (const { B, T, I, H } of quick ? shapes.slice(0, 1) : shapes) {
    const each: Case = { suite: 'trainer', cell: 'embedding-lstm-dense', B, T, I, H };
    const calls = H > 200 ? 8 : 25;
    const of = async (peer: Peer) => (await peer.ask(each, calls)) as { betweenSteps: number; parameters: number };
    const rounds: [number, number][] = [];
    let parameters = 0;
    for (let round = 0; round < (quick ? 3 : 9); round++) {
      const [a, b] = [await of(threads), await of(ranks)];
      rounds.push([a.betweenSteps, b.betweenSteps]);
      parameters = a.parameters;
    }
    const speed = median(rounds.map(([a, b]) => a / b));
    rows.push({ mpiexec, T, I, H, parameters, threads: median(rounds.map(([a]) => a)), ranks: median(rounds.map(([, b]) => b)), speed });
  }
  threads.stop();
  ranks.stop();
  return rows;
}

export function mpiTable({ sum, training, skipped }: MpiFigures): string {
  const style = { head: [], border: [], compact: true };
  const sumHead = [
    'sum of 4 MB',
    'ranks',
    'chain / copy',
    'owners / copy',
    'chain, ms',
    'planned',
    'owners, ms',
    'planned',
    'trainer takes',
  ];
  const sums = new Table({ head: sumHead, style });
  for (const { mpiexec, ranks, chain, owners, isChain, ...ms } of sum) {
    const times = [ms.chainMs, ms.chainPlanMs, ms.ownersMs, ms.ownersPlanMs].map((each) => each.toFixed(2));
    sums.push([mpiexec, `${ranks}`, chain.toFixed(1), owners.toFixed(1), ...times, isChain ? 'chain' : 'owners']);
  }
  const head = ['2 ranks of 1 worker', 'T', 'I', 'H', 'parameters', '2 workers, ms', '2 ranks, ms', 'speed of ranks / of workers'];
  const steps = new Table({ head, style });
  for (const row of training) {
    const { mpiexec, T, I, H, parameters, threads, ranks, speed } = row;
    steps.push([mpiexec, T, I, H, parameters.toLocaleString('en'), threads.toFixed(1), ranks.toFixed(1), speed.toFixed(2)]);
  }
  return [sums.toString(), steps.toString(), ...skipped].join('\n');
}
