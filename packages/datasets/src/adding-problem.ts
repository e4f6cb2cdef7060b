import type { Dice, EncodedSequences } from './encoded.ts';

/**
 * The adding problem (Hochreiter & Schmidhuber, 1997, in the form of Le, Jaitly & Hinton, 2015): each step holds a number in [0, 1)
 * and a mark. Two steps are marked, one in each half, and the target is the sum of their numbers. Always answering 1 has a squared
 * error of 0.167; a model must remember over up to `steps` steps to do better.
 */
export function addingProblem({ samples, steps }: { samples: number; steps: number }, dice: Dice): EncodedSequences {
  const inputs = new Float32Array(samples * steps * 2);
  const targets = new Float32Array(samples);
  const half = steps >> 1;
  for (let s = 0; s < samples; s++) {
    for (let t = 0; t < steps; t++) inputs[(s * steps + t) * 2] = dice.uniform();
    for (const t of [dice.integer(half), half + dice.integer(steps - half)]) {
      const at = (s * steps + t) * 2;
      inputs[at + 1] = 1;
      targets[s] = (targets[s] as number) + (inputs[at] as number);
    }
  }
  const lengths = new Int32Array(samples).fill(steps);
  const source = `the adding problem over ${steps} steps (Hochreiter & Schmidhuber, 1997), generated from the seed`;
  return { name: 'adding', source, inputs, features: 2, lengths, targets, targetsOf: 'sample', targetWidth: 1 };
}
