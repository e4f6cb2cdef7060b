import { loadNumberFile } from '@unroll/datasets/number-file.ts';
import { stratifiedSplit } from '@unroll/datasets/split.ts';
import { createRandom } from '@unroll/model/random.ts';
import { type InputSpec, onlyInputOf } from '@unroll/model/spec.ts';
import type { RegressSpec } from '@unroll/model/tasks/regress.ts';
import { scaled } from '@unroll/model/tasks/scaled-column.ts';
import type { DataSpec } from '../recipe/data-spec.ts';
import { meanAndDeviation, nothingKnown, type PreparedData, plainForecast, splitSummary } from './prepared-data.ts';
import { sharedFloats, sharedInts, startsOf, toShared } from './sequences.ts';

/**
 * Rows of a table. Each row is a sequence with one step per column. The split is random and keeps the proportion of each class. Each column
 * and each number to predict is scaled by its mean and standard deviation over the training rows; the model file holds both.
 */
export function prepareNumbers(data: Extract<DataSpec, { type: 'numberFile' }>, seed: number): PreparedData {
  const { targets: targetNames = [] } = data;
  const names = [...data.columns, ...targetNames];
  const { labels, numbers, classes, source, problems } = loadNumberFile(data.path, { ...data, columns: names });
  const width = names.length;
  const split = stratifiedSplit(Array.from(classes), data, (n) => createRandom(seed, 'split').permutation(n));
  function* trained(column: number) {
    for (const row of split.train) yield numbers[row * width + column] as number;
  }
  const scaling = names.map((name, column) => ({ name, ...meanAndDeviation(() => trained(column)) }));
  const columns = scaling.slice(0, data.columns.length);
  const regress: RegressSpec = { type: 'regress', targets: scaling.slice(data.columns.length) };
  /** The numbers to predict, scaled as the model has them, [rows, targets]. */
  function answers({ targets }: RegressSpec): Float32Array {
    const places = targets.map((target) => ({ target, column: names.indexOf(target.name) }));
    const absent = places.find(({ column }) => column < 0);
    if (absent)
      throw new Error(
        `${data.path}: the model predicts '${absent.target.name}', which is not among data.targets: ${targetNames.join(', ')}`,
      );
    return Float32Array.from({ length: classes.length * places.length }, (_, i) => {
      const { target, column } = places[i % places.length] as (typeof places)[number];
      return scaled(target, numbers[Math.floor(i / places.length) * width + column] as number);
    });
  }
  return {
    split,
    input: { type: 'features', columns, ...(data.numbers && { table: { numbers: data.numbers } }) },
    known: {
      ...nothingKnown,
      labels,
      features: 1,
      units: Math.max(1, targetNames.length),
      forecast: plainForecast(1, 1),
      ...(targetNames.length > 0 && { regress }),
    },
    summary: splitSummary(split, 'rows'),
    source,
    warnings: problems,
    encode({ spec, reader, task }) {
      const input = onlyInputOf(spec);
      const read = columnsRead(input, data);
      const inputs = sharedFloats(classes.length * read);
      for (const row of classes.keys()) {
        const cells = data.columns.map((name, column) => [name, numbers[row * width + column]] as const);
        inputs.set(reader.read(Object.fromEntries(cells)).values, row * read);
      }
      const lengths = sharedInts(classes.length).fill(read);
      return {
        sequences: {
          inputs,
          features: 1,
          starts: startsOf(lengths),
          lengths,
          targets: toShared(task.type === 'regress' ? answers(task.spec) : Float32Array.from(classes)),
          targetsOf: 'sample',
          targetWidth: Math.max(1, targetNames.length),
        },
      };
    },
  };
}

/** How many columns a model reads. @throws if the model does not hold their scaling, or reads a column that the recipe does not name. */
function columnsRead(input: InputSpec, { path, columns }: { path: string; columns: readonly string[] }): number {
  if (input.type !== 'features' || !input.columns) {
    throw new Error(
      `${path}: the model file does not say how its columns are scaled, because it was made by an older version; train it again`,
    );
  }
  const missing = input.columns.find(({ name }) => !columns.includes(name));
  if (missing)
    throw new Error(`${path}: the model reads the column '${missing.name}', which is not among data.columns: ${columns.join(', ')}`);
  return input.columns.length;
}
