/** brain.js. Its networks take one sequence at a time, so a call trains on B of them. node brain.ts PACKAGES */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { serveCases } from '../serve.ts';

type Sequence = number[][];
interface Network {
  train(sequences: Sequence[], options: { iterations: number; log: boolean }): unknown;
}
type Constructor = new (options: { inputSize: number; hiddenLayers: number[]; outputSize: number }) => Network;

const { recurrent } = createRequire(join(process.argv[2] as string, 'package.json'))('brain.js') as {
  recurrent: Record<string, Constructor>;
};
const names = { lstm: 'LSTMTimeStep', gru: 'GRUTimeStep', simpleRNN: 'RNNTimeStep' };

await serveCases(({ cell, B, T, I, H }) => {
  const Network = recurrent[names[cell as keyof typeof names]];
  if (!Network || H > 32) throw new Error('runs the smallest shape only: it is slow');
  // brain.js predicts the next step's input, so its output is as wide as its input.
  const network = new Network({ inputSize: I, hiddenLayers: [H], outputSize: I });
  const sequence = Array.from({ length: T }, () => Array.from({ length: I }, () => Math.random() * 0.1));
  return () => {
    for (let b = 0; b < B; b++) network.train([sequence], { iterations: 1, log: false });
  };
});
