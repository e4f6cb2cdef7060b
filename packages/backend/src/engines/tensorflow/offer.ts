import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Offer, TensorflowSetup } from '../../engine.ts';
import { TFJS_NODE_VERSION } from './binding.ts';
import { enginesFolder } from './engines-folder.ts';
import { driverRuns, findGpu, type Gpu, OLDEST_DRIVER } from './gpu.ts';

/** TensorFlow's version that `unroll engine add` installs. */
export const TENSORFLOW_VERSION = '2.21.0';

type PackageName = TensorflowSetup['package'];
const packages: Record<'gpu' | 'cpu', PackageName> = { gpu: '@tensorflow/tfjs-node-gpu', cpu: '@tensorflow/tfjs-node' };

/** Where to look. */
export interface Machine {
  env: NodeJS.ProcessEnv;
  /** The current folder. */
  folder: string;
  gpu: Gpu | undefined;
}

const thisMachine = (): Machine => ({ env: process.env, folder: process.cwd(), gpu: findGpu(process.env) });

/** A place that holds the package. */
interface Installation {
  folder: string;
  package: PackageName;
  /** Whose it is, in words. */
  origin: string;
}

/**
 * TensorFlow on this machine: the user's own @tensorflow/tfjs-node(-gpu), found from the current folder, else what
 * `unroll engine add tensorflow` installed. A GPU counts only if a package for GPUs is there.
 */
export function offerTensorflow({ env, folder: from, gpu }: Machine = thisMachine()): Offer {
  const onGpu = gpu && installationFor('gpu', env, from);
  if (onGpu && driverRuns(gpu)) return available(onGpu, 'gpu', `on ${gpu.name}`, env);
  const onCpu = installationFor('cpu', env, from) ?? installationFor('gpu', env, from);
  const idleGpu = gpu && driverRuns(gpu) ? gpu.name : undefined;
  if (onCpu) {
    return { ...available(onCpu, 'cpu', gpu ? `on the CPU; ${whyNoGpu(gpu, onGpu !== undefined)}` : 'on the CPU', env), idleGpu };
  }
  const command = `npm run unroll -- engine add tensorflow${idleGpu ? ' --gpu' : ''}`;
  const unfinished = (['gpu', 'cpu'] as const).map((device) => assemblyFolder(env, device)).find(isUnfinished);
  if (unfinished) {
    return {
      available: false,
      description: `its installation in ${unfinished} is unfinished`,
      missing: `Complete it with: npm run unroll -- engine add tensorflow${unfinished.endsWith('gpu') ? ' --gpu' : ''}`,
      idleGpu,
    };
  }
  return { available: false, description: `it is not installed${unusable(from)}`, missing: `Add it with: ${command}`, idleGpu };
}

function available({ folder, package: name, origin }: Installation, device: 'cpu' | 'gpu', where: string, env: NodeJS.ProcessEnv): Offer {
  return {
    available: true,
    device,
    description: `${origin} ${where}`,
    setup() {
      setEnvironment(env, device);
      return { engine: 'tensorflow', folder, package: name, device };
    },
  };
}

/** TensorFlow reads these with getenv while it loads. Only the main thread can set them: a worker's process.env is a copy. */
export function setEnvironment(env: NodeJS.ProcessEnv, device: 'cpu' | 'gpu'): void {
  // Errors only. Two lines that TensorFlow prints while it loads ignore it.
  env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  if (device === 'cpu') {
    env.CUDA_VISIBLE_DEVICES = '-1';
    return;
  }
  // Products of float32 numbers, not of their first 10 bits. NVIDIA's libraries read this one.
  env.NVIDIA_TF32_OVERRIDE ??= '0';
  // The same seed gives the same bits: ops that add in any order are refused or replaced.
  env.TF_DETERMINISTIC_OPS ??= '1';
}

function installationFor(device: 'cpu' | 'gpu', env: NodeJS.ProcessEnv, from: string): Installation | undefined {
  return own(packages[device], from) ?? assembled(device, env);
}

/** The user's own package, and why it cannot be used, if it cannot. */
interface OwnPackage extends Installation {
  obstacle?: string | undefined;
}

/** A package that the user installed. It counts with a compiled addon, in the version that binding.ts supports. */
function ownPackage(name: PackageName, from: string): OwnPackage | undefined {
  try {
    const file = createRequire(join(from, 'package.json')).resolve(`${name}/package.json`);
    const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
    const hasAddon = existsSync(join(dirname(file), 'lib/napi-v8/tfjs_binding.node'));
    const folder = file.slice(0, -`/node_modules/${name}/package.json`.length);
    const obstacle =
      version === TFJS_NODE_VERSION ? (hasAddon ? undefined : 'it has no compiled addon') : `it must be ${TFJS_NODE_VERSION}`;
    return { folder, package: name, origin: `your own ${name} ${version}`, obstacle };
  } catch {
    return undefined;
  }
}

function own(name: PackageName, from: string): Installation | undefined {
  const found = ownPackage(name, from);
  return found?.obstacle === undefined ? found : undefined;
}

/** Each package of the user's that cannot be used, in words. */
function unusable(from: string): string {
  const found = Object.values(packages).map((name) => ownPackage(name, from));
  return found.map((each) => (each?.obstacle ? `; ${each.origin} cannot be used: ${each.obstacle}` : '')).join('');
}

function assembled(device: 'cpu' | 'gpu', env: NodeJS.ProcessEnv): Installation | undefined {
  const folder = assemblyFolder(env, device);
  if (!existsSync(join(folder, 'engine.json'))) return undefined;
  return { folder, package: packages[device], origin: `TensorFlow ${TENSORFLOW_VERSION}` };
}

const assemblyFolder = (env: NodeJS.ProcessEnv, device: 'cpu' | 'gpu') =>
  join(enginesFolder(env), `tensorflow-${TENSORFLOW_VERSION}-${device}`);

/** engine.json is written last. */
const isUnfinished = (folder: string) =>
  existsSync(`${folder}.partial`) || (existsSync(folder) && !existsSync(join(folder, 'engine.json')));

function whyNoGpu(gpu: Gpu, hasPackage: boolean): string {
  if (!driverRuns(gpu)) return `${gpu.name} needs NVIDIA's driver ${OLDEST_DRIVER} or newer, this machine has ${gpu.driver}`;
  return hasPackage ? `${gpu.name} is not used` : `to use ${gpu.name}: npm run unroll -- engine add tensorflow --gpu`;
}
