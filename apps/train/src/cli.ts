#!/usr/bin/env node
/** The command line of `npm start` and `npm run unroll`. */
import { forceEngine } from '@unroll/backend/choose-engine.ts';
import { forceKernels } from '@unroll/backend/choose-kernels.ts';
import type { WantedEngine } from '@unroll/backend/engine.ts';
import { type KernelMode, kernelModes } from '@unroll/kernels/modes.ts';
import { launcherOf } from '@unroll/mpi/launcher.ts';
import { Option, program } from 'commander';
import { addCompare } from './commands/compare.ts';
import { addDiagnose } from './commands/diagnose.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEngineCommands } from './commands/engine.ts';
import { addEval } from './commands/eval.ts';
import { addFindRate } from './commands/find-rate.ts';
import { addInit } from './commands/init.ts';
import { addPack } from './commands/pack.ts';
import { addPlan } from './commands/plan.ts';
import { addPredict } from './commands/predict.ts';
import { addPublish } from './commands/publish.ts';
import { addQuantize } from './commands/quantize.ts';
import { addSeeds } from './commands/seeds.ts';
import { addStart } from './commands/start.ts';
import { addTrain } from './commands/train.ts';
import { addTune } from './commands/tune.ts';
import { printable } from './terminal/printable.ts';

/** In the order of --help. */
const commands = [
  addStart,
  addInit,
  addPack,
  addTrain,
  addSeeds,
  addCompare,
  addDiagnose,
  addFindRate,
  addTune,
  addPlan,
  addEval,
  addPredict,
  addQuantize,
  addPublish,
  addDoctor,
  addEngineCommands,
];

/** The first Ctrl-C lets the command end cleanly; the second ends the process at once. */
const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (interrupt.signal.aborted) process.exit(130);
    interrupt.abort();
    process.exitCode = 130;
  });
}

program
  .name('unroll')
  .description('Train recurrent networks on every core, serve them quantized from the edge.')
  .showHelpAfterError()
  .addOption(
    new Option('--kernels <mode>', 'which kernels to run')
      .choices(['auto', ...kernelModes])
      .env('UNROLL_KERNELS')
      .default('auto'),
  )
  .hook('preAction', (_, command) => {
    expectOneProcess(command.name());
    forceKernels(program.opts<{ kernels: KernelMode | 'auto' }>().kernels);
    const { engine } = command.opts<{ engine?: WantedEngine }>();
    if (engine) forceEngine(engine);
  });
for (const add of commands) add({ program, signal: interrupt.signal });

try {
  await program.parseAsync();
} catch (error) {
  console.error(`\nunroll: ${(error as Error).message.split('\n').map(printable).join('\n')}`);
  if (process.env.UNROLL_DEBUG) console.error(error);
  process.exitCode = 1;
}

/** @throws if a launcher started several processes of a command that does not divide its work among them. */
function expectOneProcess(command: string): void {
  const launcher = launcherOf(process.env);
  if (!launcher || command === 'train' || command === 'doctor') return;
  // One message for all.
  if (launcher.rank > 0) process.exit(1);
  throw new Error(
    `'${command}' runs in one process, but a launcher started several (${launcher.evidence}). Only 'train' runs under mpiexec or srun.`,
  );
}
