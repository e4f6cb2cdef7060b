import { dirname, posix, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { NumberNotation } from '@unroll/datasets/number-notation.ts';
import type { Purpose } from './purpose.ts';
import { HELD_OUT } from './window-size.ts';

/** The table's format, without the defaults. */
export interface TableLayout {
  format: string;
  encoding: string;
  separator: string;
  notation: NumberNotation;
}

/**
 * The source of a recipe's module. Names from the data appear only in string literals, never as code or in a comment.
 * @param out where the module will be written.
 * @param file the data file.
 */
export function recipeSource(
  name: string,
  { out, file, layout }: { out: string; file: string; layout: TableLayout },
  purpose: Purpose,
): string {
  const table = tableLines(`new URL(${literal(relativeUrl(out, file))}, import.meta.url)`, layout, purpose);
  return `import type { RecipeFile } from '@unroll/train/recipe.ts';

export default {
  name: ${literal(name)},
  description: ${literal(descriptionOf(purpose))},
${bodyOf(purpose, table)}
} satisfies RecipeFile;
`;
}

export function descriptionOf(purpose: Purpose): string {
  switch (purpose.type) {
    case 'classify texts':
      return `Tells ${purpose.label} by ${purpose.text}.`;
    case 'translate':
      return `Translates ${purpose.source.column} into ${purpose.target.column}.`;
    case 'classify numbers':
      return `Tells ${purpose.label} by ${purpose.columns.length} numbers.`;
    case 'predict a number':
      return `Predicts ${purpose.target} by ${purpose.columns.length} numbers.`;
    case 'forecast':
      return `Forecasts ${purpose.targets.join(', ')}.`;
  }
}

/** The data file's URL as the recipe's module resolves it. */
function relativeUrl(out: string, file: string): string {
  const [from, to] = [pathToFileURL(dirname(resolve(out))), pathToFileURL(resolve(file))];
  return `./${posix.relative(from.pathname, to.pathname)}`;
}

const PLAIN = /^[\w .,/#-]*$/;

/** A string literal. Invisible characters and line ends are escaped, so that the source shows what runs. */
function literal(text: string): string {
  if (PLAIN.test(text)) return `'${text}'`;
  const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (found) => found.split('').map(escaped).join(''));
}

/** The detected format as options. It is part of the recipe, because detection may give another result for a changed file. */
function tableLines(url: string, { format, encoding, separator, notation }: TableLayout, purpose: Purpose): string[] {
  const { decimal, thousands } = notation;
  const grouped = thousands === undefined ? '' : `, thousands: ${thousands === "'" ? '"\'"' : `'${thousands}'`}`;
  const plain = decimal === '.' && thousands === undefined;
  return [
    `path: ${url},`,
    ...(encoding === 'utf-8' ? [] : [`encoding: ${literal(encoding)},`]),
    ...(format !== 'csv' || separator === ',' ? [] : [`separator: ${literal(separator)},`]),
    ...(purpose.type === 'classify texts' || purpose.type === 'translate' || plain
      ? []
      : [`numbers: { decimal: '${decimal}'${grouped} },`]),
  ];
}

const indented = (lines: readonly string[], by: number) => lines.map((line) => `${' '.repeat(by)}${line}`).join('\n');

const literals = (texts: readonly string[]) => `[${texts.map(literal).join(', ')}]`;

function bodyOf(purpose: Purpose, table: readonly string[]): string {
  switch (purpose.type) {
    case 'classify texts':
      return textsBody(purpose, table);
    case 'translate':
      return pairsBody(purpose, table);
    case 'classify numbers':
      return numbersBody(purpose, table);
    case 'predict a number':
      return numberBody(purpose, table);
    case 'forecast':
      return forecastBody(purpose, table);
  }
}

type Of<T extends Purpose['type']> = Extract<Purpose, { type: T }>;

const textsBody = (purpose: Of<'classify texts'>, table: readonly string[]) => `  data: {
    type: 'textFile',
${indented(table, 4)}
    text: ${literal(purpose.text)},
    label: ${literal(purpose.label)},${purpose.id === undefined ? '' : `\n    id: ${literal(purpose.id)},`}
    validation: 0.1,
    test: 0.2,
  },
  tokenizer: ${tokenizer(purpose)},
  model: ({ vocabularySize, labels }) => ({
    input: { type: 'tokens', maxLength: ${purpose.maxLength} },
    layers: [
      { type: 'embedding', inputDim: vocabularySize, outputDim: 64, maskZero: true },
      { type: 'dropout', rate: 0.3, noise: 'steps' },
      { type: 'lstm', units: 48, returnSequences: true, dropout: 0.3 },
      { type: 'pooling', modes: ['average', 'max'] },
      { type: 'dropout', rate: 0.5 },
      { type: 'dense', units: labels.length },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
${training(20)}`;

const tokenizer = ({ characters }: { characters: boolean }) =>
  `{ ${characters ? 'charLevel: true, ' : ''}numWords: 10_000, oovToken: '[UNK]' }`;

const pairsBody = ({ source, target }: Of<'translate'>, table: readonly string[]) => `  data: {
    type: 'pairFile',
${indented(table, 4)}
    source: ${literal(source.column)},
    target: ${literal(target.column)},
    validation: 0.1,
    test: 0.1,
  },
  tokenizer: ${tokenizer(source)},${source.characters === target.characters ? '' : `\n  targetTokenizer: ${tokenizer(target)},`}
  model: ({ source, target }) => ({
    inputs: { source: { type: 'tokens', maxLength: ${source.maxLength} }, target: { type: 'tokens', maxLength: ${target.maxLength} } },
    layers: [
      { type: 'embedding', from: 'source', inputDim: source.vocabularySize, outputDim: 96, maskZero: true },
      { type: 'dropout', rate: 0.3 },
      { type: 'bidirectional', name: 'encoder', layer: { type: 'gru', units: 96, returnSequences: true } },
      { type: 'embedding', from: 'target', inputDim: target.vocabularySize, outputDim: 96, maskZero: true },
      { type: 'dropout', rate: 0.3 },
      { type: 'gru', name: 'decoder', units: 192, returnSequences: true, initialState: 'encoder' },
      { type: 'attention', name: 'attention', from: ['decoder', 'encoder'], score: 'additive', units: 96 },
      { type: 'concatenate', from: ['decoder', 'attention'] },
      { type: 'dense', units: 192, activation: 'tanh' },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: target.vocabularySize },
    ],
    task: { type: 'translate', start: target.start, end: target.end },
  }),
${training(20)}`;

const numbersBody = (purpose: Of<'classify numbers'>, table: readonly string[]) => `  data: {
    type: 'numberFile',
${indented(table, 4)}
    columns: ${literals(purpose.columns)},
    label: ${literal(purpose.label)},
    validation: 0.1,
    test: 0.2,
  },
  model: ({ features, labels }) => ({
    input: { type: 'features', features, maxLength: ${purpose.columns.length} },
    layers: [
      { type: 'bidirectional', layer: { type: 'gru', units: 32 } },
      { type: 'dropout', rate: 0.3 },
      { type: 'dense', units: labels.length },
    ],
    task: { type: 'classify', labels: [...labels] },
  }),
${training(50)}`;

const numberBody = (purpose: Of<'predict a number'>, table: readonly string[]) => `  data: {
    type: 'numberFile',
${indented(table, 4)}
    columns: ${literals(purpose.columns)},
    targets: [${literal(purpose.target)}],
    validation: 0.1,
    test: 0.2,
  },
  model: ({ features, regress }) => ({
    input: { type: 'features', features, maxLength: ${purpose.columns.length} },
    layers: [
      { type: 'bidirectional', layer: { type: 'gru', units: 32 } },
      { type: 'dropout', rate: 0.1 },
      { type: 'dense', units: regress.targets.length },
    ],
    task: regress,
  }),
${training(50)}`;

const forecastBody = (purpose: Of<'forecast'>, table: readonly string[]) => `  data: {
    type: 'series',
    load: {
${indented([...table, ...named('time', purpose.time), ...named('series', purpose.series)], 6)}
    },
    context: ${purpose.context},
    horizon: ${purpose.horizon},
    inputs: ${literals(purpose.columns)},
    targets: ${literals(purpose.targets)},
    quantiles: [0.1, 0.5, 0.9],
    relative: true,
    validation: ${HELD_OUT.validation},
    test: ${HELD_OUT.test},
  },
  model: ({ features, units, forecast }) => ({
    input: { type: 'features', features, maxLength: ${purpose.context} },
    layers: [
      { type: 'gru', units: 48 },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units },
    ],
    task: forecast,
  }),
${training(60)}`;

const named = (key: string, column: string | undefined) => (column === undefined ? [] : [`${key}: ${literal(column)},`]);

const training = (epochs: number) => `  training: {
    epochs: ${epochs},
    globalBatchSize: 64,
    shards: 4,
    optimizer: { type: 'adam', learningRate: 0.003 },
    clipNorm: 1,
    earlyStopping: { patience: 5 },
  },`;
