/**
 * Compares random graphs with Keras 3, outputs and gradients.
 *
 *     npm run random-graphs -w @unroll/model -- --count 300 --seed 1 --python PYTHON
 *     npm run random-graphs -w @unroll/model -- --count 55 --seed 1 --python PYTHON --write goldens.json   (goldens/random-graphs.json has seeds 1 to 20 and 55)
 *
 * PYTHON has keras, numpy and torch.
 */
import '@unroll/backend/gradients.ts';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { type Answer, errorsOf, ourAnswer } from './answers.ts';
import { drawGraph, type RandomGraph } from './draw.ts';

const BOUND = 1e-5;

const { values: options } = parseArgs({
  options: {
    count: { type: 'string', default: '300' },
    seed: { type: 'string', default: '1' },
    python: { type: 'string', default: 'python3' },
    write: { type: 'string' },
  },
});

const graphs = Array.from({ length: Number(options.count) }, (_, i) => drawGraph(Number(options.seed) + i));
const theirs = kerasAnswers(graphs, options.python);
await startWasmBackend(compileWasmModules());
const failed = report(graphs, theirs);
if (options.write) writeFileSync(options.write, `${JSON.stringify(graphs.map((graph, i) => ({ graph, keras: theirs[i] })))}\n`);
process.exitCode = failed > 0 ? 1 : 0;

function kerasAnswers(all: readonly RandomGraph[], python: string): (Answer | { error: string })[] {
  const directory = mkdtempSync(join(tmpdir(), 'random-graphs-'));
  try {
    const [given, answers] = [join(directory, 'graphs.json'), join(directory, 'answers.json')];
    writeFileSync(given, JSON.stringify(all));
    const script = join(import.meta.dirname, '../../goldens/random-graphs/keras_graphs.py');
    const { status, error } = spawnSync(python, [script, given, answers], { stdio: ['ignore', 'inherit', 'inherit'] });
    if (status !== 0) throw new Error(`${python} ${script} failed: ${error?.message ?? `exit status ${status}`}`);
    return JSON.parse(readFileSync(answers, 'utf8'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Prints the worst errors, and every graph beyond the bound. @returns how many there are. */
function report(all: readonly RandomGraph[], keras: readonly (Answer | { error: string })[]): number {
  let beyond = 0;
  const worst = { outputs: { error: 0, seed: 0 }, gradients: { error: 0, seed: 0 } };
  for (const [i, graph] of all.entries()) {
    const problem = compare(graph, keras[i] as Answer | { error: string }, worst);
    if (problem === undefined) continue;
    beyond++;
    console.log(`seed ${graph.seed}: ${problem}\n  ${JSON.stringify(graph.spec.layers)}`);
  }
  const layers = new Set(all.flatMap(({ spec }) => spec.layers.map(({ type }) => type)));
  console.log(`${all.length} graphs of ${layers.size} kinds of layers, ${beyond} beyond ${BOUND}`);
  for (const [what, { error, seed }] of Object.entries(worst)) console.log(`worst ${what}: ${error.toExponential(2)} (seed ${seed})`);
  return beyond;
}

type Worst = Record<'outputs' | 'gradients', { error: number; seed: number }>;

/** What is wrong with a graph, or undefined. */
function compare(graph: RandomGraph, keras: Answer | { error: string }, worst: Worst): string | undefined {
  if ('error' in keras) return `Keras: ${keras.error}`;
  try {
    const errors = errorsOf(ourAnswer(graph), keras);
    for (const { tensor, error } of errors) {
      const kind = tensor === 'outputs' ? 'outputs' : 'gradients';
      if (error > worst[kind].error) worst[kind] = { error, seed: graph.seed };
    }
    const wrong = errors.filter(({ error }) => !(error <= BOUND));
    return wrong.length > 0 ? wrong.map(({ tensor, error }) => `${tensor} ${error.toExponential(1)}`).join(', ') : undefined;
  } catch (error) {
    return `ours: ${(error as Error).message}`;
  }
}
