import { availableParallelism, cpus } from 'node:os';
import { automaticEngine } from '@unroll/backend/choose-engine.ts';
import { chooseKernels, compileFile } from '@unroll/backend/choose-kernels.ts';
import { engineNames, type Offer } from '@unroll/backend/engine.ts';
import { engines } from '@unroll/backend/engines.ts';
import { driverRuns, findGpu, OLDEST_DRIVER } from '@unroll/backend/gpu.ts';
import { arithmetics, testArithmetic } from '@unroll/kernels/arithmetic.ts';
import { hasRelaxedSimd, kernelModes } from '@unroll/kernels/modes.ts';
import { createProbe } from '@unroll/kernels/probe.ts';
import { tryEngine } from '../engines/try-engine.ts';
import type { Cli } from './options.ts';

/**
 * Prints the machine, what it offers of each engine, what 'auto' picks and why; then the kernels of the wasm engine, how fast they
 * multiply, and what each build can compute.
 */
export async function doctorCommand(signal: AbortSignal): Promise<void> {
  line('Node', `${process.version} (V8 ${process.versions.v8}) on ${process.platform} ${process.arch}`);
  line('CPU', `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} cores`);
  line('GPU', gpuInWords());
  // Before an engine is tried: its setup may hide GPUs from this process.
  const auto = automaticEngine();
  for (const [i, name] of engineNames.entries()) line(i === 0 ? 'Engines' : '', name.padEnd(14) + (await inWords(engines[name](), signal)));
  line('Auto', `${auto.name} (${auto.reason})`);

  const { mode, reason, module } = chooseKernels();
  line('Kernels', `${mode} (${reason})`);
  line('Speed', `${gflopsOf(module).toFixed(0)} GFLOP/s on one thread (products of 96 x 96 x 96)`);
  printBuilds();
  console.log('Choose another engine with --engine or UNROLL_ENGINE: wasm, tensorflow.');
  console.log('Force other kernels with --kernels or UNROLL_KERNELS: simd, relaxed, revectorized.');
}

const line = (title: string, text: string) => console.log(`${title.padEnd(9)}${text}`);

function gpuInWords(): string {
  const gpu = findGpu(process.env);
  if (!gpu) return 'none of NVIDIA found';
  const tooOld = driverRuns(gpu) ? '' : `, which is too old for the tensorflow engine: it needs ${OLDEST_DRIVER} or newer`;
  return `${gpu.name}, driver ${gpu.driver}${tooOld}`;
}

/** An offer, and whether the engine starts. wasm starts wherever Unroll does; another one is tried in a process of its own. */
async function inWords(offer: Offer, signal: AbortSignal): Promise<string> {
  if (!offer.available) return `${offer.description}. ${offer.missing}`;
  const setup = offer.setup();
  if (setup.engine === 'wasm') return offer.description;
  try {
    const { startMs, productMs } = await tryEngine(setup, { env: process.env, signal });
    return `${offer.description}; starts in ${startMs.toFixed(0)} ms, multiplies 1024 x 1024 matrices in ${productMs.toFixed(1)} ms`;
  } catch (error) {
    return `${offer.description}: ${(error as Error).message}`;
  }
}

function gflopsOf(kernels: WebAssembly.Module): number {
  const probe = createProbe(kernels);
  const times: number[] = [];
  for (const until = performance.now() + 200; performance.now() < until; ) times.push(probe.time());
  return (2 * 96 ** 3) / Math.min(...times) / 1e6;
}

/** One line per build: the result of a small product in each arithmetic of model files. */
function printBuilds(): void {
  line('Builds', ['', ...arithmetics].map(cell).join(''));
  for (const build of [...kernelModes, 'serving']) {
    const results = build === 'simd' || hasRelaxedSimd() ? testArithmetic(compileFile(`@unroll/kernels/${build}.wasm`)) : undefined;
    const cells = arithmetics.map((arithmetic) => (results ? (results[arithmetic] ? 'right' : 'WRONG') : 'cannot run'));
    line('', [build, ...cells].map(cell).join('').trimEnd());
  }
}

const cell = (text: string) => text.padEnd(14);

export function addDoctor({ program, signal }: Cli): void {
  program
    .command('doctor')
    .description('show what this machine offers of each engine, which one and which kernels run here, and why')
    .action(() => doctorCommand(signal));
}
