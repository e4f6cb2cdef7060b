/** Tasks that decide about whole sequences: labels without places (CTC), and labels of all steps together (CRF). */
import { chooseEngine } from '@unroll/backend/choose-engine.ts';
import type { EncodedSequences } from '@unroll/datasets/encoded.ts';
import { createRandom } from '@unroll/model/random.ts';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { recipeSchema } from '../recipe/recipe.ts';
import { train } from './train.ts';

const engine = chooseEngine('wasm').setup;
const SAMPLES = 120;

interface Data extends Pick<EncodedSequences, 'inputs' | 'features' | 'lengths' | 'targets' | 'targetsOf'> {
  targetLengths?: Int32Array;
}

async function run(data: Data, spec: { layers: object[]; task: object }, { workers = 1, epochs = 1 } = {}) {
  const recipe = v.parse(recipeSchema, {
    name: 'sequences',
    description: '',
    data: {
      type: 'encoded',
      load: (): EncodedSequences => ({ name: 'made', source: '', targetWidth: 1, ...data }),
      validation: 0.2,
      test: 0.2,
    },
    model: () => ({
      input: data.features ? { type: 'features', features: data.features, maxLength: 40 } : { type: 'tokens', maxLength: 40 },
      ...spec,
    }),
    training: { epochs, globalBatchSize: 12, shards: 3, optimizer: { type: 'adam', learningRate: 0.02 } },
  });
  const result = await train(recipe, { workers, engine });
  return { ...result, warnings: result.prepared.data.warnings };
}

/** Words of letters that last 1 to 3 frames each: rows of numbers around the letter's own. */
function spoken(): Data {
  const random = createRandom('spoken');
  const rows: number[] = [];
  const lengths: number[] = [];
  const labels: number[] = [];
  const targetLengths: number[] = [];
  for (let i = 0; i < SAMPLES; i++) {
    const word = Array.from({ length: 1 + Math.floor(random.uniform() * 4) }, () => Math.floor(random.uniform() * 3));
    const frames = word.flatMap((letter) => [-1, ...new Array<number>(1 + Math.floor(random.uniform() * 3)).fill(letter)]);
    for (const letter of frames) for (let k = 0; k < 3; k++) rows.push(Number(k === letter) + 0.1 * random.normal());
    lengths.push(frames.length);
    labels.push(...word);
    targetLengths.push(word.length);
  }
  return {
    inputs: Float32Array.from(rows),
    features: 3,
    lengths: Int32Array.from(lengths),
    targets: Float32Array.from(labels),
    targetsOf: 'sequence',
    targetLengths: Int32Array.from(targetLengths),
  };
}

const speller = {
  layers: [
    { type: 'bidirectional', layer: { type: 'gru', units: 8, returnSequences: true } },
    { type: 'dense', units: 4 },
  ],
  task: { type: 'transcribe', labels: ['a', 'b', 'c'] },
};

describe('labels without places', () => {
  test('are learned, with the same bits for any number of workers', async () => {
    const [one, two] = [await run(spoken(), speller, { epochs: 8 }), await run(spoken(), speller, { epochs: 8, workers: 2 })];
    expect(two.parameters).toEqual(one.parameters);
    expect(one.final?.test.scores.labelErrorRate).toBeLessThan(0.1);
  });

  test('that need more steps than the output has are left out and counted', async () => {
    const data = spoken();
    const lengths = data.lengths.slice();
    // Sample 3 keeps one frame of its own, and the others' frames move up.
    const inputs = (data.inputs as Float32Array).slice();
    const start = lengths.subarray(0, 2).reduce((sum, length) => sum + length, 0) * 3;
    const cut = ((lengths[2] as number) - 1) * 3;
    const shortened = Float32Array.from([...inputs.subarray(0, start + 3), ...inputs.subarray(start + 3 + cut)]);
    lengths[2] = 1;
    const targetLengths = data.targetLengths as Int32Array;
    expect(targetLengths[2]).toBeGreaterThan(1);
    const { warnings } = await run({ ...data, inputs: shortened, lengths }, speller);
    expect(warnings.join()).toMatch(
      /1 samples have a target that no output can give and are left out: 1 of the train part \(sample 3: \d labels need \d steps of output, its input gives 1\)/,
    );
  });
});

/** Labels that depend on the label before: an id opens a span, which later ids continue. */
function spans(label: (id: number, before: number) => number): Data {
  const random = createRandom('spans');
  const ids = Array.from({ length: SAMPLES * 10 }, () => 1 + Math.floor(random.uniform() * 4));
  let before = 0;
  const targets = ids.map((id, i) => {
    before = label(id, i % 10 === 0 ? 0 : before);
    return before;
  });
  return {
    inputs: Int32Array.from(ids),
    features: 0,
    lengths: new Int32Array(SAMPLES).fill(10),
    targets: Float32Array.from(targets),
    targetsOf: 'step',
  };
}

const tagger = {
  layers: [
    { type: 'embedding', inputDim: 5, outputDim: 4, maskZero: true },
    { type: 'dense', units: 3 },
  ],
  task: { type: 'tag', labels: ['O', 'B-x', 'I-x'], crf: true, scheme: 'bio' },
};

describe('labels of all steps together', () => {
  const followed = () => spans((id, before) => (id === 1 ? 1 : id === 2 && before > 0 ? 2 : 0));

  test('are learned where a label depends on the one before, with the same bits for any number of workers', async () => {
    const [one, two] = [await run(followed(), tagger, { epochs: 10 }), await run(followed(), tagger, { epochs: 10, workers: 2 })];
    expect(two.parameters).toEqual(one.parameters);
    expect(one.final?.test.scores.accuracy).toBeGreaterThan(0.95);
    // Each step by itself cannot tell a 2 that continues a span from one outside of it.
    const alone = await run(followed(), { ...tagger, task: { type: 'tag', labels: ['O', 'B-x', 'I-x'] } }, { epochs: 10 });
    expect(alone.final?.test.scores.accuracy).toBeLessThan(0.95);
  });

  test('that break the scheme are left out and counted', async () => {
    const data = followed();
    data.targets[0] = 2;
    const { warnings } = await run(data, tagger);
    expect(warnings.join()).toContain("1 of the train part (sample 1: label 1, 'I-x', may not stand first)");
  });
});
