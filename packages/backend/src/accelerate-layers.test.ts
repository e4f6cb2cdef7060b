/** tfjs-layers models with and without the drop-in, each in its own process, on the backend that tfjs starts. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Result {
  losses: number[];
  outputs: number[];
  states: number[];
  fusedCalls: number;
  numTensors: number[];
}

function runModel(kind: string, dropIn: boolean): Result {
  const script = join(import.meta.dirname, '../testing/train-layers.ts');
  return JSON.parse(
    execFileSync(process.execPath, ['--no-warnings', script, kind, `${dropIn}`], { encoding: 'utf8' })
      .split('\n')
      .at(-2) as string,
  );
}

const close = (actual: number[], expected: number[], digits: number) => {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, digits);
};

/** Models with only fused recurrent layers, and models without any. */
const fused = ['lstm', 'lstm sigmoid', 'gru', 'simpleRNN', 'relu', 'masked', 'backwards', 'bidirectional', 'two layers', 'states'];
const stock = ['elu', 'stateful', 'cpu'];

test.each(fused)('%s: losses and predictions equal stock tfjs-layers to 4 decimals', (kind) => {
  const [with_, without] = [runModel(kind, true), runModel(kind, false)];
  close(with_.losses, without.losses, 4);
  close(with_.outputs, without.outputs, 4);
  close(with_.states, without.states, 4);
  expect(with_.fusedCalls).toBeGreaterThan(0);
  expect(without.fusedCalls).toBe(0);
  expect(with_.numTensors[1]).toBe(with_.numTensors[0]);
});

test.each(stock)('%s: runs as before', (kind) => {
  const { losses, fusedCalls } = runModel(kind, true);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(fusedCalls).toBe(0);
});

test('dropout: trains as before, predicts fused', () => {
  const { losses, fusedCalls } = runModel('dropout', true);
  expect(losses.every(Number.isFinite)).toBe(true);
  expect(fusedCalls).toBe(1);
});
