import { mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import { loadMobyDick } from '@unroll/datasets/moby-dick.ts';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { toArtifact } from '../artifact/to-artifact.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import { resultsOf } from '../results/results.ts';
import { packedRecipe } from '../testing/pack-text.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { type TrainOptions, train } from './train.ts';

const engine = chooseEngine('wasm').setup;
const directory = mkdtempSync(join(tmpdir(), 'unroll-token-file-'));
afterAll(() => rmSync(directory, { recursive: true }));

const page = (length: number) => () => ({ ...loadMobyDick(), text: loadMobyDick().text.slice(0, length) });
const writer = {
  ...tinyWriter,
  data: { type: 'corpus', load: page(6000), validation: 0.1, test: 0.1 },
  training: { ...tinyWriter.training, epochs: 2 },
} as typeof tinyWriter;
const pack = (file: string, length = 6000) => packedRecipe(writer, join(directory, file), page(length));

const run = (recipe: Recipe, options: Partial<TrainOptions> = {}) => train(recipe, { workers: 2, engine, ...options });
const hex = (values: Float32Array) => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex');

test('a corpus and its token file train to the same bits, scores and model file, with any number of workers', async () => {
  const corpus = await run(v.parse(recipeSchema, writer));
  const packed = await pack('pages.tokens');
  const results = [await run(packed, { workers: 1 }), await run(packed, { workers: 2 })];
  const scores = ({ history }: typeof corpus) => history.map(({ loss, validation, gradientNorm }) => [loss, validation, gradientNorm]);
  const artifact = ({ prepared, parameters }: typeof corpus) => {
    const { origin: _, ...about } = toArtifact(prepared, parameters, { name: 'x', metrics: {}, createdAt: '' });
    return about;
  };
  for (const result of results) {
    expect(hex(result.parameters)).toBe(hex(corpus.parameters));
    expect(scores(result)).toEqual(scores(corpus));
    expect(result.final).toEqual(corpus.final);
    expect(artifact(result)).toEqual(artifact(corpus));
    expect(resultsOf(result.prepared, result.final).rivals()).toEqual(resultsOf(corpus.prepared, corpus.final).rivals());
  }
});

test('a run resumes on the same text packed again, with the same bits, and refuses another text', async () => {
  const packed = await pack('resumed.tokens');
  const whole = await run(packed);
  const checkpoints = { directory: join(directory, 'checkpoints') };
  const abort = new AbortController();
  await run(packed, {
    checkpoints,
    signal: abort.signal,
    onEvent: (event) => event.type === 'step' && event.updates === 3 && abort.abort(),
  });

  const resume = { force: false };
  await pack('resumed.tokens', 6001);
  await expect(run(packed, { checkpoints, resume })).rejects.toThrow('the data changed since this run began');
  await pack('resumed.tokens');
  expect(hex((await run(packed, { checkpoints, resume })).parameters)).toBe(hex(whole.parameters));
});

test('a file that changes during a run ends it with an error that names the file', async () => {
  const packed = await pack('changed.tokens');
  const onEvent: TrainOptions['onEvent'] = (event) => event.type === 'step' && utimesSync(join(directory, 'changed.tokens'), 1, 1);
  await expect(run(packed, { onEvent })).rejects.toThrow(/cannot read token file .*changed\.tokens: it was changed during the run/);
});
