/** npm run bench -w @unroll/bench -- gemm|train [--quick] [--json]: ratios against peers in one run, one thread. */
import { availableParallelism, cpus } from 'node:os';
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import Table from 'cli-table3';
import { Argument, program } from 'commander';
import { gemm } from './gemm.ts';
import { train } from './train.ts';

const fixed = (value: number) => value.toFixed(1);

/** Each suite gives rows for --json and prints them as a table. */
const suites = {
  async gemm(options: { quick: boolean }) {
    const rows = await gemm(options);
    const lines = rows.map(({ M, N, K, transposeA, transposeB, gflops, ratio }) => {
      const form = `A${transposeA ? 'ᵀ' : ''}·B${transposeB ? 'ᵀ' : ''}`;
      return [M, N, K, form, fixed(gflops.unroll), fixed(gflops['tfjs-wasm']), `${fixed(ratio['tfjs-wasm'])}x`];
    });
    return { rows, head: ['M', 'N', 'K', 'form', 'unroll GFLOP/s', 'tfjs-wasm GFLOP/s', 'tfjs-wasm time / ours'], lines };
  },
  async train(options: { quick: boolean }) {
    const rows = await train(options);
    const lines = rows.map(({ cell, B, T, I, H, ms, ratio }) => [
      ...[cell, B, T, I, H],
      ...[fixed(ms.unroll), fixed(ms['tfjs-layers']), `${fixed(ratio['tfjs-layers'])}x`],
    ]);
    return { rows, head: ['cell', 'B', 'T', 'I', 'H', 'unroll ms', 'tfjs-layers ms', 'tfjs-layers time / ours'], lines };
  },
};

program
  .addArgument(new Argument('<suite>').choices(Object.keys(suites)))
  .option('--quick', 'a rough answer in under 50 s', false)
  .option('--json', 'end with one line of JSON', false)
  .action(async (suite: keyof typeof suites, { quick, json }: { quick: boolean; json: boolean }) => {
    const { rows, head, lines } = await suites[suite]({ quick });
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
    const table = new Table({ head, style: { head: [], border: [] } });
    table.push(...lines);
    console.log(`${suite} on ${machine.cpu}, Node ${machine.node}, ${chooseKernels().mode} kernels\n${table.toString()}`);
    if (json) console.log(JSON.stringify({ suite, machine, mode: chooseKernels().mode, rows }));
  });

await program.parseAsync();
