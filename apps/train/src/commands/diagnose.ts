import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chooseEngine, requestedEngine } from '@unroll/backend/choose-engine.ts';
import { startEngine } from '@unroll/backend/start-engine.ts';
import { flatten, layoutOf } from '@unroll/model/layout.ts';
import { Option } from 'commander';
import { type Prepared, prepare } from '../data/prepare.ts';
import { diagnose } from '../experiments/gradients-over-time.ts';
import { type CellName, cellNames, withCell } from '../experiments/with-cell.ts';
import { loadRecipe } from '../recipe/load-recipe.ts';
import type { Recipe } from '../recipe/recipe.ts';
import { type DiagnosedRun, renderDiagnosis } from '../report/diagnosis.ts';
import { writeAtomically } from '../run/write-atomically.ts';
import { commandLine, shown } from '../terminal/shell.ts';
import { plainTable } from '../terminal/table.ts';
import { observeRun } from './observe-run.ts';
import { type Cli, engineOption, epochsOption, experimentOptions, workersOption } from './options.ts';

export interface DiagnoseOptions {
  cells: readonly CellName[];
  seed: number;
  workers?: number;
  epochs?: number;
  runs: string;
  signal: AbortSignal;
}

/** The factor on recurrent weights that makes gradients explode. */
const TOO_LARGE = 2;

/**
 * Trains a recipe with each cell and shows its gradients back in time, before and after training. A SimpleRNN with recurrent weights that
 * are too large shows exploding gradients, with and without clipping.
 */
export async function diagnoseCommand(nameOrPath: string, options: DiagnoseOptions): Promise<void> {
  const loaded = await loadRecipe(nameOrPath);
  const { epochs = loaded.training.epochs } = options;
  const recipe: Recipe = { ...loaded, training: { ...loaded.training, epochs } };
  await startEngine(chooseEngine(requestedEngine(recipe.training.engine)).setup);

  const runs: DiagnosedRun[] = [];
  for (const cell of options.cells) {
    if (options.signal.aborted) return;
    console.log(`${cell}: trains ${recipe.name} for at most ${epochs} epochs`);
    runs.push(await diagnoseRun(cell, prepare(withCell(recipe, cell), options.seed), 1, options));
  }
  if (options.cells.includes('simpleRNN')) {
    const unclipped = { ...recipe, training: { ...recipe.training, epochs: 1, clipNorm: undefined, clipValue: undefined } };
    const clipped = { ...unclipped, training: { ...unclipped.training, clipNorm: recipe.training.clipNorm ?? 1 } };
    for (const [name, one] of [
      ['clipped', clipped],
      ['not clipped', unclipped],
    ] as const) {
      if (options.signal.aborted) return;
      console.log(`simpleRNN with recurrent weights x ${TOO_LARGE}, gradients ${name}: trains for an epoch`);
      const prepared = prepare(withCell(one, 'simpleRNN'), options.seed);
      runs.push(await diagnoseRun(`simpleRNN, weights x ${TOO_LARGE}, ${name}`, prepared, TOO_LARGE, options));
    }
  }

  const [metric] = Object.keys(runs[0]?.prepared.task.metricInfo ?? {});
  console.log(tableOf(runs, metric));
  const directory = join(options.runs, `diagnose-${recipe.name}`);
  mkdirSync(directory, { recursive: true });
  const path = join(directory, 'diagnosis.html');
  const epochsFlag = options.epochs === undefined ? [] : ['--epochs', `${epochs}`];
  const command = commandLine('diagnose', nameOrPath, '--seed', `${options.seed}`, ...epochsFlag);
  await writeAtomically(path, await renderDiagnosis({ recipe, runs, metric, command }));
  console.log(`report  ${shown(path)}`);
}

async function diagnoseRun(name: string, prepared: Prepared, scale: number, options: DiagnoseOptions): Promise<DiagnosedRun> {
  const { model } = prepared;
  const initial = Object.fromEntries(
    Object.entries(prepared.initial()).map(([weight, values]) => [
      weight,
      weight.endsWith('/recurrentKernel') ? values.map((value) => value * scale) : values,
    ]),
  );
  const layout = layoutOf(model.weights);
  const parameters = new Float32Array(layout.length);
  flatten(layout, initial, parameters);
  const before = diagnose(prepared, parameters);

  const { workers, signal } = options;
  const { result, ...curves } = await observeRun({ ...prepared, initial: () => initial }, { workers, signal });
  return { name, prepared, before, after: result && diagnose(prepared, result.parameters), ...curves };
}

function tableOf(runs: readonly DiagnosedRun[], metric: string | undefined): string {
  const rows = runs.map(({ name, before, history, prepared }) => {
    const [curve = []] = Object.values(before.overTime);
    const [last = 0, first = 0] = [curve[0], curve.at(-1)];
    const best = history.findLast((row) => row.best);
    const format = metric === undefined ? String : (prepared.task.metricInfo[metric]?.format ?? String);
    const score = best ? format(best.validation[metric ?? 'loss'] as number) : 'diverged';
    return [name, last.toExponential(1), first.toExponential(1), (first / last).toExponential(1), score];
  });
  return plainTable(['cell', 'dL/dh, last step', 'first step', 'first / last', `best validation ${metric ?? 'loss'}`], rows);
}

export function addDiagnose({ program, signal }: Cli): void {
  program
    .command('diagnose')
    .description('show gradients through time for SimpleRNN, LSTM and GRU')
    .argument('<recipe>', 'a recipe; adding and copy are designed for this')
    .addOption(new Option('--cells <names...>', "cells to use instead of the recipe's").choices(cellNames).default([...cellNames]))
    .option(...workersOption)
    .addOption(engineOption)
    .option(...epochsOption)
    .option(...experimentOptions.runs)
    .option(...experimentOptions.seed)
    .action((recipe: string, flags: Omit<DiagnoseOptions, 'signal'>) => diagnoseCommand(recipe, { ...flags, signal }));
}
