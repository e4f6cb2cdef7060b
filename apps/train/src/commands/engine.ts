import { enginesFolder } from '@unroll/backend/engines-folder.ts';
import { driverRuns, findGpu, type Gpu } from '@unroll/backend/gpu.ts';
import { Argument } from 'commander';
import { addEngine } from '../engines/add-engine.ts';
import { checkPlatform, thisMachine } from '../engines/check-platform.ts';
import { connectAsConfigured } from '../engines/connect.ts';
import { usualPatience } from '../engines/http.ts';
import type { Device } from '../engines/release.ts';
import { tensorflowReleases } from '../engines/releases/tensorflow.ts';
import { removeEngine } from '../engines/remove-engine.ts';
import { type EngineState, findEngines } from '../engines/state.ts';
import { tryEngine } from '../engines/try-engine.ts';
import { duration } from '../terminal/gauge.ts';
import { createInstallView, megabytes } from '../terminal/install-view.ts';
import { commandLine } from '../terminal/shell.ts';
import { plainTable } from '../terminal/table.ts';
import type { Cli } from './options.ts';

interface DeviceOption {
  gpu?: boolean;
}

const deviceOf = ({ gpu }: DeviceOption): Device => (gpu ? 'gpu' : 'cpu');
const flagOf = (device: string) => (device === 'gpu' ? ['--gpu'] : []);

/** Downloads, compiles and tries the engine, and prints where it is and how fast it is. @throws if it cannot run on this machine, or anything fails. */
export async function addEngineCommand(options: DeviceOption, signal: AbortSignal): Promise<void> {
  checkPlatform(thisMachine());
  connectAsConfigured();
  const { env } = process;
  const release = tensorflowReleases[deviceOf(options)];
  const gpu = findGpu(env);
  const device = release.device === 'gpu' && gpu && driverRuns(gpu) ? 'gpu' : 'cpu';
  const view = createInstallView(process.stdout);
  const began = performance.now();
  try {
    const { folder, trial } = await addEngine(release, {
      engines: enginesFolder(env),
      env,
      signal,
      patience: usualPatience,
      view,
      tryEngine,
      device,
    });
    view.done();
    const seconds = duration((performance.now() - began) / 1000);
    console.log(`The tensorflow engine is in ${folder} and needs no network from now on (${seconds}).`);
    console.log(`It runs: ${trial.description}. A product of 1024 x 1024 matrices takes ${trial.productMs.toFixed(1)} ms.`);
    if (release.device !== device) console.log(`warning: it was tried on the CPU, because ${whyNoGpu(gpu)}. See npm run unroll -- doctor.`);
    console.log(`Train with it: ${commandLine('train')} <recipe> --engine tensorflow`);
  } catch (error) {
    if (!signal.aborted) throw error;
    console.log('Interrupted. What has arrived is kept; the same command resumes.');
  } finally {
    view.done();
  }
}

const whyNoGpu = (gpu: Gpu | undefined) => (gpu ? `the driver ${gpu.driver} of ${gpu.name} is too old` : 'no GPU of NVIDIA is found here');

/** Prints every engine of the cache folder with its size and state. */
export function listEnginesCommand(): void {
  const engines = enginesFolder(process.env);
  const rows = findEngines(engines).map(({ path, version, device, state }) => {
    const { size, status } = described(state, device);
    return ['tensorflow', version, device, size, status, path];
  });
  const table = [['wasm', '', 'cpu', '', 'built in', ''], ...rows];
  console.log(plainTable(['engine', 'version', 'device', 'size', 'state', 'folder'], table, { left: 6 }));
  if (rows.length === 0) console.log(`No engine is installed in ${engines}. Add one: ${commandLine('engine', 'add', 'tensorflow')}`);
}

function described(state: EngineState, device: string): { size: string; status: string } {
  const again = commandLine('engine', 'add', 'tensorflow', ...flagOf(device));
  switch (state.state) {
    case 'complete': {
      const bytes = state.manifest.parts.flatMap(({ files }) => files).reduce((sum, file) => sum + file.bytes, 0);
      return { size: megabytes(bytes), status: 'complete' };
    }
    case 'unfinished':
      return { size: '', status: `unfinished; resume: ${again}` };
    case 'damaged':
      return { size: '', status: `damaged: ${state.reason}; repair: ${again}` };
  }
}

/** Removes the engine and prints the removed folders. @throws if there is none. */
export async function removeEngineCommand(options: DeviceOption, signal: AbortSignal): Promise<void> {
  const engines = enginesFolder(process.env);
  const device = deviceOf(options);
  const onWait = () => console.log(`Another process adds or removes an engine in ${engines}; waiting for it to finish`);
  const removed = await removeEngine(engines, device, { signal, onWait });
  for (const path of removed) console.log(`Removed ${path}`);
  if (removed.length > 0) return;
  const others = findEngines(engines).map(({ path }) => path);
  const instead = others.length > 0 ? `; there is ${others.join(', ')}` : '';
  throw new Error(`engine remove: no tensorflow engine for the ${device} in ${engines}${instead}`);
}

export function addEngineCommands({ program, signal }: Cli): void {
  const engine = program.command('engine').description('add, list and remove engines that run training besides the built-in one');
  const name = () => new Argument('<engine>', 'the engine').choices(['tensorflow']);
  const gpu = ['--gpu', 'the engine for NVIDIA GPUs'] as const;
  engine
    .command('add')
    .description('download and compile an engine into the cache folder (UNROLL_ENGINES names another folder)')
    .addArgument(name())
    .option(...gpu)
    .action((_name: string, options: DeviceOption) => addEngineCommand(options, signal));
  engine.command('list').description('show the installed engines').action(listEnginesCommand);
  engine
    .command('remove')
    .description('remove an installed engine')
    .addArgument(name())
    .option(...gpu)
    .action((_name: string, options: DeviceOption) => removeEngineCommand(options, signal));
}
