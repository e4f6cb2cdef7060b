import { loadNumberFile } from '@unroll/datasets/number-file.ts';
import { stratifiedSplit } from '@unroll/datasets/split.ts';
import { createRandom } from '@unroll/model/random.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import { meanAndDeviation, nothingKnown, type PreparedData, plainForecast, splitInOrder, splitSummary } from './prepared-data.ts';
import { type Sequences, share, startsOf } from './sequences.ts';

/** Rows of numbers with a label, shared out at random, each label alike; every step is scaled by what is trained on. */
export function prepareNumbers(data: Extract<DataSpec, { type: 'numberFile' }>, seed: number): PreparedData {
  const { labels, ...loaded } = loadNumberFile(data.path, data);
  const inputs = loaded.inputs as Float32Array;
  const steps = data.columns.length;
  const split = stratifiedSplit(Array.from(loaded.targets), data, (n) => createRandom(seed, 'split').permutation(n));
  function* seen() {
    for (const i of split.train) yield* inputs.subarray(i * steps, (i + 1) * steps);
  }
  const { mean, scale } = meanAndDeviation(seen);
  const scaled = inputs.map((value) => (value - mean) / scale);
  const prepared = prepareEncoded(
    { type: 'encoded', load: () => ({ ...loaded, inputs: scaled }), validation: data.validation, test: data.test },
    seed,
  );
  return { ...prepared, split, known: { ...prepared.known, labels }, summary: splitSummary(split, 'sequences') };
}

/**
 * Sequences that are ids or numbers already, the first ones for training.
 * @throws an error that names the sequence, or the value, that does not hold.
 */
export function prepareEncoded(data: Extract<DataSpec, { type: 'encoded' }>, seed: number): PreparedData {
  const loaded = data.load(createRandom(seed, 'data'));
  const { name, inputs, features, lengths, targets, targetsOf, targetWidth, source } = loaded;
  const steps = lengths.reduce((sum, length) => sum + length, 0);
  if (inputs.length !== steps * Math.max(1, features)) {
    throw new Error(`data set '${name}': ${steps} steps need ${steps * Math.max(1, features)} inputs, there are ${inputs.length}`);
  }
  const rows = targetsOf === 'sample' ? lengths.length : steps;
  if (targets.length !== rows * targetWidth) {
    throw new Error(`data set '${name}': ${rows} rows need ${rows * targetWidth} targets, there are ${targets.length}`);
  }
  const bad = inputs.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0) throw new Error(`data set '${name}': input ${bad} is ${inputs[bad]}; expected a number`);
  const split = splitInOrder(lengths.length, data, 'sequences');
  const vocabularySize = features === 0 ? (inputs as Int32Array).reduce((largest, id) => Math.max(largest, id), 0) + 1 : 0;
  const encoded: Sequences = {
    inputs: share(inputs),
    features,
    starts: startsOf(lengths),
    lengths: share(lengths),
    targets: share(targets),
    targetsOf,
    targetWidth,
  };
  return {
    split,
    known: { ...nothingKnown, vocabularySize, features, units: targetWidth, forecast: plainForecast(features, targetWidth) },
    summary: splitSummary(split, 'sequences'),
    source,
    warnings: [],
    encode: () => encoded,
  };
}
