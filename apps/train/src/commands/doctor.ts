import { availableParallelism, cpus } from 'node:os';
import { chooseKernels } from '@unroll/backend/choose-kernels.ts';
import { createProbe } from '@unroll/kernels/probe.ts';

/** Prints the engine, the kernels that this process chose and why, and how fast they multiply. */
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
  console.log('Force other kernels with --kernels or UNROLL_KERNELS: simd, relaxed, revectorized.');
}
