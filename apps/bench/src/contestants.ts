import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { engines } from '@unroll/backend/engines.ts';
import { type KernelMode, kernelModes } from '@unroll/kernels/modes.ts';
import { type Case, suites } from './cases.ts';
import type { PeerCommand } from './peer.ts';

const here = import.meta.dirname;
const DEBIAN_PYTHON = '/usr/bin/python3';

/** A folder for what only the peers need: a Python environment, npm packages, ONNX files. */
export const peerCache = join(here, '../.peers');

const node = (name: string, script: string, args: string[] = [], env: Record<string, string> = {}): PeerCommand => ({
  name,
  command: process.execPath,
  args: ['--no-warnings', join(here, 'peers', script), ...args],
  env,
});

const oneThread = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
/** On a CPU with AVX-512 the peer also runs without it: no WebAssembly engine emits AVX-512, so this is the peer at our vector width. */
const avx2Alone = {
  MKL_ENABLE_INSTRUCTIONS: 'AVX2',
  ONEDNN_MAX_CPU_ISA: 'AVX2',
  ATEN_CPU_CAPABILITY: 'avx2',
  OPENBLAS_CORETYPE: 'Haswell',
};

/** The contestants of a suite, ours first, and one line for each contestant that cannot run. */
export function contestantsOf(suite: Case['suite'], mode: KernelMode): { commands: PeerCommand[]; skipped: string[] } {
  if (suite === 'kernels') {
    const modes = kernelModes.slice(0, kernelModes.indexOf(mode) + 1).reverse();
    return { commands: modes.map((each) => node(each, 'kernels.ts', [], { UNROLL_KERNELS: each })), skipped: [] };
  }
  if (suite === 'trainer') return trainers(mode);
  if (suite === 'engine') return engineContestants(mode);
  if (suite === 'gpu') return gpuContestants();
  const commands = [node('unroll', 'unroll.ts', [], { UNROLL_KERNELS: mode })];
  if (suite === 'padding')
    return { commands: [...commands, node('every step', 'unroll.ts', ['every-step'], { UNROLL_KERNELS: mode })], skipped: [] };
  if (mode !== 'relaxed') commands.push(node('unroll relaxed', 'unroll.ts', [], { UNROLL_KERNELS: 'relaxed' }));
  if (suite === 'infer' || suite === 'translate') {
    for (const bits of ['14', '7']) commands.push(node(`unroll int8, ${bits}-bit`, 'unroll.ts', [bits], { UNROLL_KERNELS: mode }));
  }
  // tfjs has no CTC, no CRF and no beam search, and tfjs-wasm no gradient of a convolution.
  if (!['ctc', 'crf', 'conv', 'translate'].includes(suite)) commands.push(node('tfjs-wasm', 'tfjs.ts', ['wasm']));
  if (suite === 'train')
    commands.push(
      node('tfjs-wasm + drop-in', 'tfjs.ts', ['wasm', 'drop-in'], { UNROLL_KERNELS: mode }),
      node('tfjs-cpu', 'tfjs.ts', ['cpu']),
    );
  const skipped: string[] = [];
  const add = (make: () => PeerCommand[], name: string) => {
    try {
      commands.push(...make());
    } catch (error) {
      skipped.push(`${name} skipped: ${(error as Error).message.split('\n')[0]}`);
    }
  };
  if (suite === 'infer') {
    add(() => onnxruntime('onnxruntime-web'), 'onnxruntime-web');
    add(() => onnxruntime('onnxruntime-node'), 'onnxruntime-node');
  }
  if (suite === 'train') add(() => [node('brain.js', 'brain.ts', [npmPackage('brain.js', '2.0.0-beta.24')])], 'brain.js');
  if (suite === 'gemm') add(() => python('openblas', 'numpy.py'), 'openblas');
  add(() => python('torch', 'torch.py'), 'torch');
  return { commands, skipped };
}

/** Threads of the trainer suite. */
const THREADS = 2;

/** The trainer of apps/train, its bare kernels on one thread, and the peers' training on as many threads. */
function trainers(mode: KernelMode): { commands: PeerCommand[]; skipped: string[] } {
  const commands = [
    trainerCommand('unroll, 2 workers', THREADS, { UNROLL_KERNELS: mode }),
    trainerCommand('unroll, 1 worker, half the batch', 1, { UNROLL_KERNELS: mode }),
    node('bare kernels, 1 thread, half the batch', 'unroll.ts', [], { UNROLL_KERNELS: mode }),
    node('tfjs-wasm', 'tfjs.ts', ['wasm'], { UNROLL_BENCH_BATCHES: `${THREADS}` }),
  ];
  const threads = { OMP_NUM_THREADS: `${THREADS}`, MKL_NUM_THREADS: `${THREADS}`, UNROLL_BENCH_BATCHES: `${THREADS}` };
  try {
    const peers = python('torch', 'torch.py').map((peer) => ({
      ...peer,
      name: `${peer.name}, 2 threads`,
      env: { ...peer.env, ...threads },
    }));
    return { commands: [...commands, ...peers], skipped: [] };
  } catch (error) {
    return { commands, skipped: [`torch skipped: ${(error as Error).message.split('\n')[0]}`] };
  }
}

/** The trainer in its own process. */
export function trainerCommand(name: string, workers: number, env: Record<string, string> = {}): PeerCommand {
  const train = dirname(createRequire(import.meta.url).resolve('@unroll/train/package.json'));
  return { name, command: process.execPath, args: ['--no-warnings', join(train, 'src/bench/timed-runs.ts'), `${workers}`], env };
}

const oneTensorflowThread = { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1' };

/** The tensorflow engine on a CPU, what its user has without us, and the wasm engine. */
function engineContestants(mode: KernelMode): { commands: PeerCommand[]; skipped: string[] } {
  const offer = engines.tensorflow();
  if (!offer.available) return { commands: [], skipped: [`the tensorflow engine: ${offer.description}. ${offer.missing}`] };
  const onCpu = { ...oneTensorflowThread, CUDA_VISIBLE_DEVICES: '-1' };
  return {
    commands: [
      node('unroll on tensorflow', 'unroll.ts', [], { ...onCpu, UNROLL_ENGINE: 'tensorflow' }),
      node('tfjs-layers on tensorflow', 'tfjs.ts', ['tensorflow'], onCpu),
      node('unroll on wasm', 'unroll.ts', [], { UNROLL_KERNELS: mode }),
    ],
    skipped: [],
  };
}

/** The tensorflow engine on a GPU, and PyTorch's cuDNN. */
function gpuContestants(): { commands: PeerCommand[]; skipped: string[] } {
  const offer = engines.tensorflow();
  if (!offer.available) return { commands: [], skipped: [`the tensorflow engine: ${offer.description}. ${offer.missing}`] };
  if (offer.device !== 'gpu') return { commands: [], skipped: [`this suite needs a GPU; the tensorflow engine is ${offer.description}`] };
  const commands = [
    node('unroll on tensorflow', 'unroll.ts', [], { UNROLL_ENGINE: 'tensorflow' }),
    node('tfjs-layers on tensorflow', 'tfjs.ts', ['tensorflow']),
  ];
  try {
    const [torch] = python('torch cuDNN', 'torch.py');
    // The same precision for both: ours is without TF32 unless the user asks for it.
    const env = { UNROLL_BENCH_DEVICE: 'cuda', NVIDIA_TF32_OVERRIDE: process.env.NVIDIA_TF32_OVERRIDE ?? '0' };
    return { commands: [...commands, { ...(torch as PeerCommand), env }], skipped: [] };
  } catch (error) {
    return { commands, skipped: [`torch cuDNN skipped: ${(error as Error).message.split('\n')[0]}`] };
  }
}

function python(name: string, script: string): PeerCommand[] {
  const command = pythonEnvironment();
  // -P keeps the script's folder off the import path: torch.py and numpy.py would import themselves.
  const args = ['-P', join(here, 'peers', script)];
  const all = [{ name, command, args, env: oneThread }];
  return hasAvx512() ? [...all, { name: `${name} avx2`, command, args, env: { ...oneThread, ...avx2Alone } }] : all;
}

function hasAvx512(): boolean {
  return existsSync('/proc/cpuinfo') && readFileSync('/proc/cpuinfo', 'utf8').includes('avx512f');
}

const pythonPackages = ['numpy', 'torch', 'onnx', 'onnxruntime', 'pytorch-crf'];

/** UNROLL_BENCH_PYTHON, an environment created here, or Debian's Python. @throws if none of them has PyTorch. */
export function pythonEnvironment(): string {
  const given = process.env.UNROLL_BENCH_PYTHON;
  if (given) return given;
  const environment = join(peerCache, 'venv');
  const executable = join(environment, 'bin/python');
  const installed = join(environment, 'packages.txt');
  if (existsSync(installed) && readFileSync(installed, 'utf8') === pythonPackages.join('\n')) return executable;
  try {
    console.error('bench: making a Python environment with PyTorch, once (minutes) ...');
    execFileSync('python3', ['-m', 'venv', environment], { stdio: 'pipe' });
    execFileSync(executable, ['-m', 'pip', 'install', '-q', ...pythonPackages], { stdio: 'pipe' });
    writeFileSync(installed, pythonPackages.join('\n'));
    return executable;
  } catch {
    try {
      execFileSync(DEBIAN_PYTHON, ['-c', 'import torch'], { stdio: 'pipe' });
    } catch {
      throw new Error("needs PyTorch: pip could not install it from PyPI, and Debian's python3-torch is not installed");
    }
    return DEBIAN_PYTHON;
  }
}

/** Installs a package in `peerCache`, once. Returns the folder. */
export function npmPackage(name: string, version: string): string {
  if (!existsSync(join(peerCache, 'node_modules', name))) {
    console.error(`bench: installing ${name}, once ...`);
    mkdirSync(peerCache, { recursive: true });
    const options = ['--prefix', peerCache, '--ignore-scripts', '--no-audit', '--no-fund'];
    execFileSync('npm', ['install', ...options, `${name}@${version}`], { stdio: 'pipe' });
  }
  return peerCache;
}

function onnxruntime(name: string): PeerCommand[] {
  const executable = pythonEnvironment();
  npmPackage(name, '1.30');
  for (const { I, H } of suites.infer(false)) {
    if (existsSync(join(peerCache, `lstm-${I}-${H}.int8.onnx`))) continue;
    execFileSync(executable, ['-P', join(here, 'peers/make_onnx.py'), peerCache, `${I}`, `${H}`], { stdio: 'pipe' });
  }
  return ['float', 'int8'].map((type) =>
    node(`${name}${type === 'int8' ? ' int8' : ''}`, 'onnxruntime.ts', [peerCache, name, peerCache, type]),
  );
}
