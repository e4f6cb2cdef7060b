import { loadNumberFile } from '@unroll/datasets/number-file.ts';
import { stratifiedSplit } from '@unroll/datasets/split.ts';
import { createRandom } from '@unroll/model/random.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import { meanAndDeviation, nothingKnown, type PreparedData, plainForecast, splitSummary } from './prepared-data.ts';
import { share, sharedFloats, sharedInts, startsOf } from './sequences.ts';

/**
 * Rows of a table, each a sequence with a step a column, shared out at random so that each part has every class in the same
 * proportion. Each column is scaled by its mean and deviation in the training rows; the model file carries both.
 */
export function prepareNumbers(data: Extract<DataSpec, { type: 'numberFile' }>, seed: number): PreparedData {
  const { labels, numbers, classes, source, problems } = loadNumberFile(data.path, data);
  const width = data.columns.length;
  const split = stratifiedSplit(Array.from(classes), data, (n) => createRandom(seed, 'split').permutation(n));
  function* trained(column: number) {
    for (const row of split.train) yield numbers[row * width + column] as number;
  }
  const columns = data.columns.map((name, column) => ({ name, ...meanAndDeviation(() => trained(column)) }));
  return {
    split,
    input: { type: 'features', columns, ...(data.numbers && { table: { numbers: data.numbers } }) },
    known: { ...nothingKnown, labels, features: 1, units: 1, forecast: plainForecast(1, 1) },
    summary: splitSummary(split, 'rows'),
    source,
    warnings: problems,
    encode({ reader }) {
      const inputs = sharedFloats(numbers.length);
      for (const row of classes.keys()) {
        const { values } = reader.read(Array.from(numbers.subarray(row * width, (row + 1) * width)));
        inputs.set(values, row * width);
      }
      const lengths = sharedInts(classes.length).fill(width);
      return {
        sequences: {
          inputs,
          features: 1,
          starts: startsOf(lengths),
          lengths,
          targets: share(Float32Array.from(classes)),
          targetsOf: 'sample',
          targetWidth: 1,
        },
      };
    },
  };
}
