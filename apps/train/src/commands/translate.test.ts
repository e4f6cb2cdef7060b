/** A translator from its recipe to answers: train, eval, quantize and predict. */
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { loadModel } from '@unroll/model/load-model.ts';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readArtifact } from '../artifact/read-artifact.ts';
import { evalCommand } from './eval.ts';
import { predictCommand } from './predict.ts';
import { quantizeCommand } from './quantize.ts';
import { trainCommand } from './train.ts';

const scratch = mkdtempSync(join(tmpdir(), 'unroll-translate-'));
const recipe = join(import.meta.dirname, '../testing/tiny-translator.ts');
let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(console, 'log').mockImplementation((line: string) => {
    said += `${line}\n`;
  });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said += text;
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

test('a translator is trained, scored as it is served, quantized and asked', async () => {
  const finished = await trainCommand(recipe, { workers: 2, epochs: 4, runs: scratch, signal: new AbortController().signal });
  const run = join(scratch, readdirSync(scratch)[0] as string);
  const [float32, int8, rival] = finished?.contenders ?? [];
  expect(finished?.headline[0]).toBe('bleu');
  expect(rival?.name).toBe('word by word');
  // The made-up languages have the same word order, so the dictionary is never wrong.
  expect(rival?.scores).toEqual({ bleu: expect.closeTo(100, 6), chrF: expect.closeTo(100, 6) });
  for (const contender of [float32, int8]) {
    expect(Object.keys(contender?.scores ?? {})).toEqual(['loss', 'perplexity', 'accuracy', 'bleu', 'chrF']);
    expect(contender?.scores.chrF).toBeGreaterThan(10);
    expect(contender?.milliseconds).toBeGreaterThan(0);
  }

  const model = join(run, 'model.safetensors');
  const artifact = await readArtifact(model);
  expect(artifact.metrics).toEqual(int8?.scores);
  const { tokenizers } = loadModel(artifact);
  expect(tokenizers.source?.wordIndex.has('eins')).toBe(true);
  expect(tokenizers.target?.wordIndex.has('one')).toBe(true);

  const report = readFileSync(join(run, 'report.html'), 'utf8');
  expect(report).toContain('<h2>Translations</h2>');
  expect(report).toMatch(/With a beam of 3 the int8 model has BLEU \d+\.\d, greedily \d+\.\d\./);

  expect(report).toContain('<h2>Attention</h2>');
  expect(report.match(/class="cell" style="--share:[01]\.?\d*"/g)?.length).toBeGreaterThan(8);

  said = '';
  await evalCommand(model, {});
  expect(said).toMatch(/bleu │ +chrF │ perplexity │ accuracy/);
  expect(said).toContain(` ${int8?.scores.chrF?.toFixed(1)} `);

  const again = join(scratch, 'again.safetensors');
  await quantizeCommand(join(run, 'best.safetensors'), again, { recipe });
  expect((await readArtifact(again)).metrics).toEqual(artifact.metrics);

  said = '';
  const ask = { length: 1, seed: 1, beam: 4, nBest: 2, maxLength: 3, attention: true };
  await predictCommand(model, { arguments: ['eins zwei'], stdin: Readable.from([]) }, ask);
  const { text, finishReason, alternatives, attention } = JSON.parse(said);
  expect(text.split(' ').length).toBeLessThanOrEqual(3);
  expect(finishReason).toMatch(/stop|length/);
  expect(alternatives).toHaveLength(1);
  expect(attention.source).toEqual(['eins', 'zwei']);
});
