/** A tiny recipe of each kind of data, with the inputs that its test samples are, and how answers to them are scored. */
import { stratifiedSplit } from '@unroll/datasets/split.ts';
import { createRandom } from '@unroll/model/random.ts';
import type { Classification } from '@unroll/model/tasks/classify.ts';
import type { Forecast } from '@unroll/model/tasks/forecast.ts';
import type { NextToken } from '@unroll/model/tasks/generate.ts';
import type { Regression } from '@unroll/model/tasks/regress.ts';

export const SEED = 3;

export interface Kind {
  name: string;
  /** Files in the recipe's folder, by name. */
  files: Record<string, string>;
  /** The recipe's module without the recipe's name. */
  recipe: string;
  /** The test samples, as HTTP takes them. */
  inputs: readonly unknown[];
  everyStep?: boolean;
  /** The same inputs for `unroll predict`: a file of `files`, or lines on standard input. */
  asked: { file: string } | { lines: readonly string[] };
  /** The figure of the task that `score` computes from the answers to `inputs`. */
  metric: string;
  score(answers: readonly unknown[]): number;
}

const BATCH_SIZE = 16;
const SHARES = { validation: 0.2, test: 0.3 };
const held = `validation: ${SHARES.validation}, test: ${SHARES.test}`;
const training = (epochs: number, more = '') =>
  `training: { epochs: ${epochs}, globalBatchSize: ${BATCH_SIZE}, shards: 2, optimizer: { type: 'adam', learningRate: 0.02 }${more} },`;
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const testRows = (classes: readonly number[]) =>
  Array.from(stratifiedSplit(classes, SHARES, (n) => createRandom(SEED, 'split').permutation(n)).test);
const accuracy = (truth: readonly string[]) => (answers: readonly unknown[]) =>
  mean(answers.map((answer, i) => Number((answer as Classification).labels[0] === truth[i])));

const random = createRandom(1, 'one path');
const pick = <T>(items: readonly T[]) => items[random.integer(items.length)] as T;
/** Mostly right, so that no model is right everywhere. */
const noisy = (label: number) => (random.uniform() < 0.2 ? 1 - label : label);

function texts(): Kind {
  const labels = ['bad', 'good'];
  const fillers = ['room', 'view', 'the', 'and', 'meal', 'was'];
  const samples = Array.from({ length: 120 }, (_, i) => {
    const before = Array.from({ length: 1 + random.integer(9) }, () => pick(fillers));
    return { text: `${before.join(' ')} ${labels[i % 2]}, ${pick(fillers)}!`, label: noisy(i % 2) };
  });
  const test = testRows(samples.map(({ label }) => label)).map((i) => samples[i] as { text: string; label: number });
  return {
    name: 'texts',
    files: { 'texts.json': JSON.stringify(samples) },
    recipe: `
      data: { type: 'texts', load: () => ({ name: 'texts', labels: ['bad', 'good'], source: '', samples: read('texts.json') }), ${held} },
      tokenizer: { oovToken: '[UNK]' },
      model: ({ vocabularySize, labels }) => ({
        input: { type: 'tokens', maxLength: 8 },
        layers: [
          { type: 'embedding', inputDim: vocabularySize, outputDim: 6, maskZero: true },
          { type: 'lstm', units: 6 },
          { type: 'dense', units: 1 },
        ],
        task: { type: 'classify', labels },
      }),
      ${training(3)}`,
    inputs: test.map(({ text }) => text),
    asked: { lines: test.map(({ text }) => text) },
    metric: 'accuracy',
    score: accuracy(test.map(({ label }) => labels[label] as string)),
  };
}

/** Characters of scripts without spaces, and beyond the basic plane; columns that the model does not read. */
function textFile(): Kind {
  const letters = ['房', '间', '早', '餐', 'ดี', '日', '👍🏽', '🏳️‍🌈'];
  const rows = Array.from({ length: 120 }, (_, i) => {
    const text = Array.from({ length: 3 + random.integer(6) }, () => pick(letters)).join('');
    return { text: `${text}${['坏', '好'][i % 2]}${pick(letters)}`, label: ['坏评', '好评'][noisy(i % 2)] as string };
  });
  const labels = [...new Set(rows.map(({ label }) => label))].sort();
  const test = testRows(rows.map(({ label }) => labels.indexOf(label))).map((i) => rows[i] as (typeof rows)[number]);
  return {
    name: 'text-file',
    files: {
      'reviews.csv': `review,kind\n${rows.map(({ text, label }) => `"${text}",${label}`).join('\n')}\n`,
      'new-reviews.csv': `id,kind,review\n${test.map(({ text }, i) => `${i},,${text}`).join('\n')}\n`,
    },
    recipe: `
      data: { type: 'textFile', path: new URL('reviews.csv', import.meta.url), text: 'review', label: 'kind', ${held} },
      tokenizer: { charLevel: true },
      model: ({ vocabularySize, labels }) => ({
        input: { type: 'tokens', maxLength: 20 },
        layers: [
          { type: 'embedding', inputDim: vocabularySize, outputDim: 6 },
          { type: 'bidirectional', layer: { type: 'gru', units: 6 } },
          { type: 'dense', units: labels.length },
        ],
        task: { type: 'classify', labels },
      }),
      ${training(4)}`,
    inputs: test.map(({ text }, i) => (i % 2 ? text : { id: i, review: text })),
    asked: { file: 'new-reviews.csv' },
    metric: 'accuracy',
    score: accuracy(test.map(({ label }) => label)),
  };
}

/** Columns of very different size, written as in Germany; new rows have their columns in another order. */
function numberFile(): Kind {
  const german = (value: number) => value.toFixed(4).replace('.', ',');
  const rows = Array.from({ length: 150 }, (_, i) => {
    const kind = i % 2;
    return {
      income: 40_000 + 9000 * (random.uniform() - 0.5) + 3000 * kind,
      ratio: 0.02 + 0.01 * (random.uniform() - 0.5) - 0.004 * kind,
      age: 30 + 20 * random.uniform(),
      kind: ['rent', 'buy'][noisy(kind)] as string,
    };
  });
  const labels = [...new Set(rows.map(({ kind }) => kind))].sort();
  const test = testRows(rows.map(({ kind }) => labels.indexOf(kind))).map((i) => rows[i] as (typeof rows)[number]);
  const cells = test.map(({ income, ratio, age }) => [income, ratio, age].map((value) => Number(value.toFixed(4))));
  return {
    name: 'number-file',
    files: {
      'people.csv': `income;ratio;age;kind\n${rows.map(({ income, ratio, age, kind }) => [...[income, ratio, age].map(german), kind].join(';')).join('\n')}\n`,
      'new-people.csv': `town;age;ratio;income\n${test.map(({ income, ratio, age }) => ['x', ...[age, ratio, income].map(german)].join(';')).join('\n')}\n`,
    },
    recipe: `
      data: {
        type: 'numberFile', path: new URL('people.csv', import.meta.url), numbers: { decimal: ',' },
        columns: ['income', 'ratio', 'age'], label: 'kind', ${held},
      },
      model: ({ features, labels }) => ({
        input: { type: 'features', features, maxLength: 3 },
        layers: [{ type: 'gru', units: 8 }, { type: 'dense', units: labels.length }],
        task: { type: 'classify', labels },
      }),
      ${training(6)}`,
    inputs: cells.map(([income, ratio, age], i) => (i % 2 ? [income, ratio, age] : { town: 'x', age, ratio, income })),
    asked: { file: 'new-people.csv' },
    metric: 'accuracy',
    score: accuracy(test.map(({ kind }) => kind)),
  };
}

/** Numbers of very different size to predict, one of them from a column that is read last. */
function regression(): Kind {
  const rows = Array.from({ length: 150 }, () => {
    const [area, floor] = [40 + 80 * random.uniform(), random.integer(9)];
    return {
      area: Number(area.toFixed(2)),
      floor,
      price: Number((3 * area + 10 * floor + 20 * random.uniform()).toFixed(2)),
      year: 1900 + floor,
    };
  });
  const test = testRows(rows.map(() => 0)).map((i) => rows[i] as (typeof rows)[number]);
  return {
    name: 'regression',
    files: {
      'homes.csv': `area,floor,price,year\n${rows.map(({ area, floor, price, year }) => [area, floor, price, year].join()).join('\n')}\n`,
      'new-homes.csv': `floor,area\n${test.map(({ area, floor }) => [floor, area].join()).join('\n')}\n`,
    },
    recipe: `
      data: {
        type: 'numberFile', path: new URL('homes.csv', import.meta.url), columns: ['area', 'floor'], targets: ['price', 'year'], ${held},
      },
      model: ({ features, regress }) => ({
        input: { type: 'features', features, maxLength: 2 },
        layers: [{ type: 'gru', units: 8 }, { type: 'dense', units: 2 }],
        task: regress,
      }),
      ${training(6)}`,
    inputs: test.map(({ area, floor }, i) => (i % 2 ? [area, floor] : { floor, area })),
    asked: { file: 'new-homes.csv' },
    metric: 'MAE year',
    score: (answers) => mean(answers.map((answer, i) => Math.abs(((answer as Regression).values.year as number) - (test[i]?.year ?? 0)))),
  };
}

/**
 * So few characters that an answer names the probability of each. A corpus is scored as streams side by side, each from a state of its
 * own: as many as a batch has rows.
 */
function corpus(): Kind {
  const text = Array.from({ length: 300 }, () => pick(['abc ', 'cab ', 'bad '])).join('');
  const test = text.slice(Math.round((1 - SHARES.test) * text.length));
  const length = Math.ceil((test.length - 1) / BATCH_SIZE);
  const streams = Array.from({ length: BATCH_SIZE }, (_, i) => test.slice(i * length, Math.min((i + 1) * length, test.length - 1)));
  return {
    name: 'corpus',
    files: { 'corpus.json': JSON.stringify(text) },
    recipe: `
      data: { type: 'corpus', load: () => ({ name: 'corpus', source: '', text: read('corpus.json') }), ${held} },
      tokenizer: { charLevel: true },
      model: ({ vocabularySize }) => ({
        input: { type: 'tokens', maxLength: 1000 },
        layers: [
          { type: 'embedding', inputDim: vocabularySize, outputDim: 6 },
          { type: 'lstm', units: 8, returnSequences: true },
          { type: 'dense', units: vocabularySize },
        ],
        task: { type: 'generate' },
      }),
      ${training(2, ', bpttSteps: 10')}`,
    inputs: streams,
    everyStep: true,
    asked: { lines: ['abc'] },
    metric: 'bitsPerToken',
    score(answers) {
      const bits = answers.flatMap((answer, i) =>
        (answer as { steps: NextToken[] }).steps.map(({ next }, t) => {
          const token = test[i * length + t + 1];
          return -Math.log2(next.find((one) => one.token === token)?.probability ?? 0);
        }),
      );
      return mean(bits);
    },
  };
}

/** Rows out of order, a column known ahead, forecasts as changes with an interval. */
function series(): Kind {
  const [context, horizon, count] = [6, 2, 200];
  const heat = Array.from({ length: count }, (_, i) => Number((15 + 8 * Math.sin(i / 5) + random.uniform()).toFixed(3)));
  const hour = Array.from({ length: count }, (_, i) => i % 24);
  const date = (i: number) => new Date(Date.UTC(2024, 0, 1) + i * 86_400_000).toISOString().slice(0, 10);
  const line = (i: number, isKnown = false) => `${date(i)},${hour[i]},${isKnown ? '' : heat[i]}`;
  const first = count - Math.round(SHARES.test * count) - context;
  const windows = Array.from({ length: count - horizon - context - first + 1 }, (_, i) => first + i);
  const last = windows.at(-1) as number;
  return {
    name: 'series',
    files: {
      'heat.csv': `date,hour,heat\n${Array.from({ length: count }, (_, i) => line(count - 1 - i)).join('\n')}\n`,
      'past.csv': `date,hour,heat\n${Array.from({ length: context + horizon }, (_, i) => line(last + i, i >= context)).join('\n')}\n`,
    },
    recipe: `
      data: {
        type: 'series', load: { path: new URL('heat.csv', import.meta.url), time: 'date' },
        context: ${context}, horizon: ${horizon}, inputs: ['heat'], known: ['hour'], targets: ['heat'],
        quantiles: [0.1, 0.5, 0.9], relative: true, ${held},
      },
      model: ({ features, units, forecast }) => ({
        input: { type: 'features', features, maxLength: ${context} },
        layers: [{ type: 'gru', units: 8 }, { type: 'dense', units }],
        task: forecast,
      }),
      ${training(3)}`,
    inputs: windows.map((i) => ({ heat: heat.slice(i, i + context), hour: hour.slice(i, i + context + horizon) })),
    asked: { file: 'past.csv' },
    metric: 'MAE heat',
    score(answers) {
      const errors = answers.flatMap((answer, w) =>
        ((answer as Forecast).forecast.heat ?? []).map(([, middle = Number.NaN], h) =>
          Math.abs(middle - (heat[(windows[w] as number) + context + h] as number)),
        ),
      );
      return mean(errors);
    },
  };
}

/** Rows of features, sequences of several lengths, one longer than the model reads. */
function encoded(): Kind {
  const sequences = Array.from({ length: 100 }, (_, i) => ({
    rows: Array.from({ length: 1 + random.integer(9) }, () => [random.uniform() - 0.5 + 0.3 * (i % 2), random.uniform()]),
    label: noisy(i % 2),
  }));
  const test = sequences.slice(-Math.round(SHARES.test * sequences.length));
  return {
    name: 'encoded',
    files: { 'sequences.json': JSON.stringify(sequences) },
    recipe: `
      data: {
        type: 'encoded',
        load() {
          const sequences = read('sequences.json');
          return {
            name: 'sequences', source: '', features: 2, targetsOf: 'sample', targetWidth: 1,
            inputs: Float32Array.from(sequences.flatMap(({ rows }) => rows.flat())),
            lengths: Int32Array.from(sequences, ({ rows }) => rows.length),
            targets: Float32Array.from(sequences, ({ label }) => label),
          };
        },
        ${held},
      },
      model: () => ({
        input: { type: 'features', features: 2, maxLength: 7 },
        layers: [{ type: 'simpleRNN', units: 8 }, { type: 'dense', units: 2 }],
        task: { type: 'classify', labels: ['low', 'high'] },
      }),
      ${training(4)}`,
    inputs: test.map(({ rows }) => rows),
    asked: { lines: test.map(({ rows }) => JSON.stringify(rows)) },
    metric: 'accuracy',
    score: accuracy(test.map(({ label }) => ['low', 'high'][label] as string)),
  };
}

export const kinds: readonly Kind[] = [texts(), textFile(), numberFile(), regression(), corpus(), series(), encoded()];

/** A kind's recipe as a module. */
export const moduleOf = ({ name, recipe }: Kind) => `import { readFileSync } from 'node:fs';
const read = (file) => JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'));
export default {
  name: '${name}',
  description: 'A tiny model, for tests.',${recipe}
};
`;
