/** npm run bench -w @unroll/bench -- gemm [--quick] [--json]: ratios against peers in one run, one thread. */
import { availableParallelism, cpus } from 'node:os';
import { chooseBuild } from '@unroll/kernels/choose.ts';
import Table from 'cli-table3';
import { Argument, program } from 'commander';
import { gemm } from './gemm.ts';

const suites = { gemm };

program
  .addArgument(new Argument('<suite>').choices(Object.keys(suites)))
  .option('--quick', 'a rough answer in under 50 s', false)
  .option('--json', 'end with one line of JSON', false)
  .action(async (suite: keyof typeof suites, { quick, json }: { quick: boolean; json: boolean }) => {
    const rows = await suites[suite]({ quick });
    const machine = { cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version };
    const table = new Table({
      head: ['M', 'N', 'K', 'form', 'unroll GFLOP/s', 'tfjs-wasm GFLOP/s', 'tfjs-wasm time / ours'],
      style: { head: [], border: [] },
    });
    for (const { M, N, K, transposeA, transposeB, gflops, ratio } of rows) {
      const form = `A${transposeA ? 'ᵀ' : ''}·B${transposeB ? 'ᵀ' : ''}`;
      table.push([M, N, K, form, gflops.unroll.toFixed(1), gflops['tfjs-wasm'].toFixed(1), `${ratio['tfjs-wasm'].toFixed(1)}x`]);
    }
    console.log(`${suite} on ${machine.cpu}, Node ${machine.node}, ${chooseBuild()} kernels\n${table.toString()}`);
    if (json) console.log(JSON.stringify({ suite, machine, mode: chooseBuild(), rows }));
  });

await program.parseAsync();
