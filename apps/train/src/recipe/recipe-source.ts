import type { Purpose } from './purpose.ts';

/**
 * A recipe for a file, as a module.
 * @param file as the recipe's module finds it, './reviews.csv'.
 */
export function recipeSource(name: string, file: string, purpose: Purpose): string {
  const q = (value: unknown) => JSON.stringify(value).replaceAll('"', "'").replaceAll("','", "', '");
  const path = `path: new URL(${q(file)}, import.meta.url)`;
  const head = `import type { RecipeFile } from '@unroll/train/recipe.ts';\n\n`;
  const training = (epochs: number) => `  training: {
    epochs: ${epochs},
    globalBatchSize: 64,
    shards: 4,
    optimizer: { type: 'adam', learningRate: 0.003 },
    clipNorm: 1,
    earlyStopping: { patience: 5 },
  },`;
  switch (purpose.type) {
    case 'classify texts':
      return `${head}/** Tells ${q(purpose.label)} by ${q(purpose.text)}. */
export default {
  name: ${q(name)},
  description: ${q(`Tells ${purpose.label} by ${purpose.text}.`)},
  data: { type: 'textFile', ${path}, text: ${q(purpose.text)}, label: ${q(purpose.label)},${purpose.id ? ` id: ${q(purpose.id)},` : ''} validation: 0.1, test: 0.2 },
  tokenizer: { numWords: 10_000, oovToken: '[UNK]' },
  model: ({ vocabularySize, labels }) => ({
    input: { type: 'tokens', maxLength: 100 },
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
${training(20)}
} satisfies RecipeFile;
`;
    case 'classify numbers':
      return `${head}/** Tells ${q(purpose.label)} by a sequence of ${purpose.columns.length} numbers. */
export default {
  name: ${q(name)},
  description: ${q(`Tells ${purpose.label} by ${purpose.columns.length} numbers in a row.`)},
  data: {
    type: 'numberFile',
    ${path},
    columns: ${q(purpose.columns)},
    label: ${q(purpose.label)},
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
${training(50)}
} satisfies RecipeFile;
`;
    case 'forecast':
      return `${head}/** Foretells ${purpose.targets.join(', ')}. */
export default {
  name: ${q(name)},
  description: ${q(`Foretells ${purpose.targets.join(', ')}.`)},
  data: {
    type: 'series',
    load: { ${path}${purpose.time ? `, time: ${q(purpose.time)}` : ''} },
    context: 28,
    horizon: 7,
    inputs: ${q([...new Set([...purpose.columns, ...purpose.targets])])},
    targets: ${q(purpose.targets)},
    quantiles: [0.1, 0.5, 0.9],
    relative: true,
    validation: 0.2,
    test: 0.2,
  },
  model: ({ features, units, forecast }) => ({
    input: { type: 'features', features, maxLength: 28 },
    layers: [
      { type: 'gru', units: 48 },
      { type: 'dropout', rate: 0.2 },
      { type: 'dense', units },
    ],
    task: forecast,
  }),
${training(60)}
} satisfies RecipeFile;
`;
  }
}
