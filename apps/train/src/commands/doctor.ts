import { availableParallelism, cpus } from 'node:os';
import { chooseKernels, compileFile } from '@unroll/backend/choose-kernels.ts';
import { arithmetics, testArithmetic } from '@unroll/kernels/arithmetic.ts';
import { hasRelaxedSimd, kernelModes } from '@unroll/kernels/modes.ts';
import { createProbe } from '@unroll/kernels/probe.ts';
import type { Cli } from './options.ts';

/** Prints the engine, the kernels that this process chose and why, how fast they multiply, and what each build can compute. */
export function doctorCommand(): void {
  const { mode, reason, module } = chooseKernels();
  const probe = createProbe(module);
  const times: number[] = [];
  for (const until = performance.now() + 200; performance.now() < until; ) times.push(probe.time());
  const gflops = (2 * 96 ** 3) / Math.min(...times) / 1e6;
  console.log(`Node     ${process.version} (V8 ${process.versions.v8}) on ${process.platform} ${process.arch}`);
  console.log(`CPU      ${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`);
  console.log(`Kernels  ${mode} (${reason})`);
  console.log(`Speed    ${gflops.toFixed(0)} GFLOP/s on one thread (products of 96 x 96 x 96)`);
  printBuilds();
  console.log('Force other kernels with --kernels or UNROLL_KERNELS: simd, relaxed, revectorized.');
}

/** One line per build: the result of a small product in each arithmetic of model files. */
function printBuilds(): void {
  console.log(`Builds   ${['', ...arithmetics].map(cell).join('')}`);
  for (const build of [...kernelModes, 'serving']) {
    const results = build === 'simd' || hasRelaxedSimd() ? testArithmetic(compileFile(`@unroll/kernels/${build}.wasm`)) : undefined;
    const cells = arithmetics.map((arithmetic) => (results ? (results[arithmetic] ? 'right' : 'WRONG') : 'cannot run'));
    console.log(`         ${[build, ...cells].map(cell).join('').trimEnd()}`);
  }
}

const cell = (text: string) => text.padEnd(14);

export function addDoctor({ program }: Cli): void {
  program.command('doctor').description('show which kernels run here, and why').action(doctorCommand);
}
