import type { Dice, EncodedSequences } from './encoded.ts';

/**
 * The copy task (Hochreiter & Schmidhuber, 1997, in the form of Arjovsky, Shah & Bengio, 2016): `symbols` random letters of an alphabet
 * of `alphabet`, `delay` blanks, a start sign, then the model writes the letters in their order. Ids: 1 the blank, 2 the start sign,
 * letters from 3. Only the last `symbols` steps are scored; a guess is right once in `alphabet` times.
 */
export function copyTask(
  { samples, symbols, alphabet, delay }: { samples: number; symbols: number; alphabet: number; delay: number },
  dice: Dice,
): EncodedSequences {
  const steps = symbols + delay + 1 + symbols;
  const inputs = new Int32Array(samples * steps).fill(1);
  const targets = new Float32Array(samples * steps).fill(Number.NaN);
  for (let s = 0; s < samples; s++) {
    const first = s * steps;
    for (let i = 0; i < symbols; i++) {
      const letter = dice.integer(alphabet);
      inputs[first + i] = 3 + letter;
      targets[first + steps - symbols + i] = letter;
    }
    inputs[first + symbols + delay] = 2;
  }
  const lengths = new Int32Array(samples).fill(steps);
  const source = `the copy task over ${delay} blanks (Hochreiter & Schmidhuber, 1997), generated from the seed`;
  return { name: 'copy', source, inputs, features: 0, lengths, targets, targetsOf: 'step', targetWidth: 1 };
}
