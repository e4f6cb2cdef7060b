import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readFileSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadReviewSentences } from '@unroll/datasets/review-sentences.ts';
import { describe, expect, test, vi } from 'vitest';
import { initCommand } from '../commands/init.ts';
import { prepare } from '../data/prepare.ts';
import { inMemory } from '../testing/in-memory.ts';
import { train } from '../training/train.ts';
import { loadRecipe } from './load-recipe.ts';

const directory = mkdtempSync(join(tmpdir(), 'unroll-init-'));

/** What the command prints. */
async function init(name: string, content: string, options: Parameters<typeof initCommand>[1] = {}): Promise<string> {
  const path = join(directory, name);
  writeFileSync(path, content);
  const lines: string[] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((line: string) => void lines.push(line));
  try {
    await initCommand(path, options);
  } finally {
    log.mockRestore();
  }
  return lines.join('\n');
}
const recipeOf = (name: string) => loadRecipe(join(directory, `${name}.recipe.ts`));

const reviews = loadReviewSentences().samples.filter((_, i) => i % 10 === 0);

describe('init writes a recipe that trains', () => {
  test('for texts with a label, as JSON lines; bad rows are named, and the class balance', async () => {
    const lines = reviews.map(({ text, label }) => JSON.stringify({ text, mood: label ? 'good' : 'bad' }));
    const said = await init('My Reviews.jsonl', [...lines, 'nonsense'].join('\n'));
    expect(said).toMatch(/298 rows, 2 columns, jsonl, utf-8/);
    expect(said).toMatch(new RegExp(`line ${reviews.length + 1}: .*not valid JSON.*; the row is left out`));
    expect(said).toMatch(/good +\d+ +\d+\.\d %/);
    const recipe = await recipeOf('my-reviews');
    expect(recipe.data).toMatchObject({ type: 'textFile', text: 'text', label: 'mood' });
    const { history, prepared } = await train({ ...recipe, training: { ...recipe.training, epochs: 1 } }, { workers: 2 });
    expect(history).toHaveLength(1);
    expect(prepared.data.known.labels).toEqual(['bad', 'good']);
    expect(prepared.data.warnings[0]).toMatch(/My Reviews\.jsonl, line \d+: .*; the row is left out$/);
  });

  test('for rows of numbers with a label, as CSV', async () => {
    const rows = Array.from({ length: 60 }, (_, i) =>
      [...Array.from({ length: 6 }, (_, t) => Math.sin(t * ((i % 2) + 1)) + i / 100), 'ab'[i % 2]].join(),
    );
    expect(await init('waves.csv', `${['t0', 't1', 't2', 't3', 't4', 't5', 'class'].join()}\n${rows.join('\n')}\n`)).toContain(
      'classify numbers by class',
    );
    const recipe = await recipeOf('waves');
    expect(recipe.data).toMatchObject({ type: 'numberFile', columns: ['t0', 't1', 't2', 't3', 't4', 't5'] });
    const { sequences, data } = prepare(recipe, 1);
    const trained = Array.from(data.split.train, (i) => inMemory(sequences).inputs.subarray(i * 6, i * 6 + 6)).flatMap((values) => [
      ...values,
    ]);
    expect(trained.reduce((sum, value) => sum + value, 0) / trained.length).toBeCloseTo(0, 5);
  });

  test('for texts and their translations, as TSV, and names the other way', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => `das haus ${i} ist alt\tthe house ${i} is old`);
    const said = await init('pairs.tsv', `de\ten\n${rows.join('\n')}\n`);
    expect(said).toContain('pairs.recipe.ts is a recipe to translate de into en.');
    expect(said).toContain("That 'en' translates 'de' is a guess; --source en --target de turns it round");
    const recipe = await recipeOf('pairs');
    expect(recipe.data).toMatchObject({ type: 'pairFile', source: 'de', target: 'en' });
    const { history } = await train({ ...recipe, training: { ...recipe.training, epochs: 1 } }, { workers: 2 });
    expect(Object.keys(history[0]?.validation ?? {})).toEqual(['loss', 'perplexity', 'accuracy']);
    await init('turned.tsv', `de\ten\n${rows.join('\n')}\n`, { source: 'en', targets: ['de'] });
    expect((await recipeOf('turned')).description).toBe('Translates en into de.');
  });

  test('for a number to predict, as CSV', async () => {
    const rows = Array.from({ length: 60 }, (_, i) => [i % 7, Math.sin(i), 100 + 10 * (i % 7) + i / 100].join());
    const said = await init('homes.csv', `rooms,light,price\n${rows.join('\n')}\n`, { label: 'price' });
    expect(said).toContain('predict a number: price');
    const recipe = await recipeOf('homes');
    expect(recipe.data).toMatchObject({ type: 'numberFile', columns: ['rooms', 'light'], targets: ['price'] });
    const { history, prepared } = await train({ ...recipe, training: { ...recipe.training, epochs: 1, metrics: ['r2'] } }, { workers: 2 });
    expect(Object.keys(history[0]?.validation ?? {})).toEqual(['loss', 'MAE price', 'RMSE price', 'R² price', 'r2']);
    expect(history[0]?.validation['R² price']).toBeCloseTo(history[0]?.validation.r2 as number, 3);
    const { task, sequences, data } = prepared;
    if (task.type !== 'regress') throw new Error('regress');
    const scaled = Array.from(data.split.train, (row) => inMemory(sequences).targets[row] as number);
    expect(scaled.reduce((sum, value) => sum + value, 0) / scaled.length).toBeCloseTo(0, 5);
    expect(task.decode(inMemory(sequences).targets.subarray(3, 4)).values.price).toBeCloseTo(130.03, 3);
  });

  test('for numbers over time, as TSV', async () => {
    const rows = Array.from(
      { length: 200 },
      (_, i) => `2024-0${1 + Math.floor(i / 28)}-${String(1 + (i % 28)).padStart(2, '0')}\t${Math.sin(i / 5)}\t${i}`,
    );
    expect(await init('power.tsv', `date\tload\tcount\n${rows.join('\n')}\n`, { targets: ['load'] })).toContain('to forecast load');
    const { data } = prepare(await recipeOf('power'), 1);
    expect(data.type === 'series' && data.series.time[0]).toBe('2024-01-01');
    expect(data.known.forecast.targets[0]?.name).toBe('load');
  });
});

test('a recipe is not written over unless it is forced', async () => {
  const content = 'text,label\nsome words here,a\nother words there,b\n'.repeat(8);
  await init('twice.csv', content);
  const before = readFileSync(join(directory, 'twice.recipe.ts'), 'utf8');
  await expect(init('twice.csv', content, { label: 'text', text: 'label' })).rejects.toThrow(
    'twice.recipe.ts exists; pass --out for another path, or --force to overwrite it',
  );
  expect(readFileSync(join(directory, 'twice.recipe.ts'), 'utf8')).toBe(before);
  await init('twice.csv', content, { force: true });
});

test('what cannot be detected is an error that asks for it', async () => {
  await expect(init('only.csv', 'text\none thing\nanother thing\n')).rejects.toThrow(
    "init: 'text' holds texts, but no column holds their classes (found: text (texts)); name it with --label",
  );
  await expect(init('typo.csv', 'text,mood\na,b\n', { label: 'modo' })).rejects.toThrow("there is no column 'modo'. Did you mean 'mood'?");
});

test('ids that are trained on and held out are warned of', async () => {
  const rows = reviews.map(({ text, label }, i) => `${i % 20},"${text.replaceAll('"', '""')}",${label}`);
  await init('authors.csv', `author,text,label\n${rows.join('\n')}\n`);
  const { data } = prepare(await recipeOf('authors'), 1);
  expect(data.warnings.some((warning) => /held-out rows have the id of a training row \(the first: "\d+"\)/.test(warning))).toBe(true);
});

test('a file larger than the heap is read', () => {
  const path = join(directory, 'large.csv');
  const file = openSync(path, 'w');
  writeSync(file, 'text,label\n');
  const words = Array.from({ length: 200 }, (_, i) => `word${(i * 37) % 101}`).join(' ');
  for (let block = 0; block < 60; block++) {
    writeSync(file, Array.from({ length: 500 }, (_, i) => `"${words} ${block} ${i}",${i % 2 ? 'odd' : 'even'}\n`).join(''));
  }
  closeSync(file);
  expect(statSync(path).size).toBeGreaterThan(40e6);
  const script = join(directory, 'large.mjs');
  const module = (name: string) => JSON.stringify(new URL(name, import.meta.url).href);
  writeFileSync(
    script,
    `import { parseRecipe } from ${module('recipe.ts')};
import { prepare } from ${module('../data/prepare.ts')};
const { data, sequences } = prepare(parseRecipe({
  name: 'large', description: '', tokenizer: { numWords: 200 },
  data: { type: 'textFile', path: ${JSON.stringify(path)}, text: 'text', label: 'label', validation: 0.1, test: 0.1 },
  model: ({ vocabularySize }) => ({
    input: { type: 'tokens', maxLength: 50 },
    layers: [{ type: 'embedding', inputDim: vocabularySize, outputDim: 2 }, { type: 'gru', units: 2 }, { type: 'dense', units: 1 }],
    task: { type: 'classify', labels: ['even', 'odd'] },
  }),
  training: { epochs: 1, globalBatchSize: 32, shards: 1, optimizer: { type: 'adam' } },
}, 'large'), 1);
console.log(data.texts.size, sequences.inputs.length, data.texts.textOf(29_999).slice(-6));`,
  );
  const output = execFileSync(process.execPath, ['--max-old-space-size=64', '--no-warnings', script], { encoding: 'utf8' });
  expect(output.trim()).toBe('30000 1500000 59 499');
});
