/**
 * npm run bench -- gemm|train|infer|step|padding|ctc|crf|conv|translate|kernels|trainer|engine|gpu|scaling|mpi|edge [--quick] [--cpu] [--json]: ratios against
 * peers in one run.
 */
import { availableParallelism, cpus } from 'node:os';
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import Table from 'cli-table3';
import { Argument, program } from 'commander';
import { type Case, suites } from './cases.ts';
import { compare, type Row } from './compare.ts';
import { contestantsOf } from './contestants.ts';
import { edgeTable } from './edge/edge-table.ts';
import { measureEdge } from './edge/measure-edge.ts';
import { measureMpi, mpiTable } from './mpi.ts';
import { startPeer } from './peer.ts';
import { measureScaling, scalingTable } from './scaling.ts';

program
  .addArgument(new Argument('<suite>').choices([...Object.keys(suites), 'scaling', 'mpi', 'edge']))
  .option('--quick', 'a rough answer in under 50 s', false)
  .option('--cpu', 'CPU time instead of wall-clock time, for a machine with other work', false)
  .option('--json', 'end with one line of JSON', false)
  .action(
    async (suite: Case['suite'] | 'scaling' | 'mpi' | 'edge', { quick, cpu, json }: { quick: boolean; cpu: boolean; json: boolean }) => {
      const { mode } = chooseKernels();
      const machine = { cpu: cpus()[0]?.model.trim() ?? 'unknown', cores: availableParallelism(), node: process.version };
      const threads =
        suite === 'trainer' || suite === 'scaling' || suite === 'mpi' || suite === 'gpu' ? '' : '; every contestant on one thread';
      console.log(`${suite} on ${machine.cpu}, Node ${machine.node}, ${mode} kernels${threads}`);
      if (suite === 'edge') {
        const figures = await measureEdge(quick);
        console.log(edgeTable(figures));
        for (const line of figures.skipped) console.log(line);
        if (json) console.log(JSON.stringify({ suite, machine, mode, ...figures }));
        return;
      }
      if (suite === 'scaling') {
        const scaling = await measureScaling(quick);
        console.log(scalingTable(scaling));
        if (json) console.log(JSON.stringify({ suite, machine, mode, ...scaling }));
        return;
      }
      if (suite === 'mpi') {
        const figures = await measureMpi(quick);
        console.log(mpiTable(figures));
        if (json) console.log(JSON.stringify({ suite, machine, mode, ...figures }));
        return;
      }
      const { commands, skipped } = contestantsOf(suite, mode);
      if (commands.length === 0) {
        for (const line of skipped) console.log(line);
        return;
      }
      const peers = commands.map((command) => startPeer(command, cpu ? 'cpuMs' : 'ms'));
      const rows: Row[] = [];
      for (const each of suites[suite](quick)) {
        rows.push(
          await compare(each, peers, quick ? { rounds: 3, warmUpMs: 150, roundMs: 60 } : { rounds: 9, warmUpMs: 600, roundMs: 200 }),
        );
      }
      for (const peer of peers) peer.stop();
      console.log(tableOf(rows, cpu ? 'CPU ms' : 'ms'));
      for (const { cell, real } of rows) if (real) console.log(`${cell}: ${digits(real)} of the steps are real`);
      for (const line of [
        ...skipped,
        ...new Set(rows.flatMap((row) => Object.entries(row.skipped).map((entry) => entry.join(' skipped: ')))),
      ])
        console.log(line);
      if (json) console.log(JSON.stringify({ suite, machine, mode, rows }));
    },
  );

/** One line per contestant: its time, and the ratio to our time. */
function tableOf(rows: readonly Row[], unit: string): string {
  const table = new Table({ head: ['', 'B', 'T', 'I', 'H', '', unit, 'time / ours'], style: { head: [], border: [], compact: true } });
  for (const { cell, B, T, I, H, ms, ratio } of rows) {
    const sizes = [cell, ...[B, T, I, H].map((size) => size || '')];
    for (const [i, [name, time]] of Object.entries(ms).entries()) {
      table.push([...(i ? sizes.map(() => '') : sizes), name, digits(time), i ? `${digits(ratio[name] as number)}x` : '']);
    }
  }
  return table.toString();
}

const digits = (value: number) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

await program.parseAsync();
