import { decodeArtifact, encodeArtifact } from '@unroll/artifact/artifact.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import tiny from '../testing/tiny-recipe.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { train } from '../training/train.ts';
import { quantize } from './quantize.ts';
import { scoreArtifact } from './score-artifact.ts';
import { toArtifact } from './to-artifact.ts';

const about = { metrics: {}, createdAt: '2026-01-01T00:00:00.000Z' };
const recipes: [string, Recipe, string][] = [
  ['a classifier', v.parse(recipeSchema, { ...tiny, training: { ...tiny.training, metrics: ['auc', 'macroF1'] } }), 'accuracy'],
  ['a language model', v.parse(recipeSchema, { ...tinyWriter, training: { ...tinyWriter.training, metrics: ['top3'] } }), 'bitsPerToken'],
];

describe.each(recipes)('%s', (_, recipe, metric) => {
  let trained: Awaited<ReturnType<typeof train>>;
  beforeAll(async () => {
    await startWasmBackend(compileWasmModules());
    trained = await train(recipe, { workers: 2 });
  });
  const float = () => toArtifact(trained.prepared, trained.parameters, { name: recipe.name, ...about });
  const quantized = (budget?: number) => quantize(trained.prepared, float(), budget);

  test('the float32 score is the one that training found', () => {
    expect(quantized().float32).toBeCloseTo(trained.final?.validation.scores[metric] as number, 4);
    const scores = scoreArtifact(float(), trained.prepared, trained.prepared.data.split.test);
    const wanted = trained.final?.test.scores ?? {};
    expect(Object.keys(scores)).toEqual(Object.keys(wanted));
    for (const [name, value] of Object.entries(wanted)) expect(scores[name], name).toBeCloseTo(value as number, 3);
  });

  test('keeps its evidence, and its way of reading activations, in the file', async () => {
    const { artifact, int8, layers } = quantized();
    const { bytes } = await encodeArtifact(artifact);
    const read = await decodeArtifact(bytes);
    expect(read.quantization).toMatchObject({ metric, int8 });
    expect(scoreArtifact(read, trained.prepared, trained.prepared.data.split.validation)[metric]).toBe(int8);
    for (const { dtype, weightError, outputError } of layers) {
      expect(dtype).toBe('int8');
      expect(weightError).toBeGreaterThan(0.001);
      expect(weightError).toBeLessThan(0.02);
      expect(outputError).toBeLessThan(0.1);
    }
  });

  test('stays within any budget: by finer activations first, then by layers left in float32', () => {
    const better = metric === 'accuracy' ? -1 : 1;
    const shapes = [-0.5, 1e-6, 1e-4, 1e-3, 1].map((budget) => {
      const { float32, int8, layers, artifact } = quantized(budget);
      const ints = layers.filter(({ dtype }) => dtype === 'int8');
      if (ints.length) expect(better * (int8 - float32)).toBeLessThanOrEqual(budget);
      for (const { layer, dtype } of layers) {
        const own = Object.entries(artifact.weights).filter(([name]) => name.startsWith(`${layer}/`));
        expect(own.some(([, weight]) => weight.dtype === 'int8')).toBe(dtype === 'int8');
      }
      return ints.map(({ bits }) => bits as number);
    });
    expect(shapes[0]).toEqual([]);
    expect(shapes.at(-1)?.every((bits) => bits === 7)).toBe(true);
  });
});

test('a quantized model is refused', async () => {
  const trained = await train(v.parse(recipeSchema, { ...tiny, training: { ...tiny.training, epochs: 1 } }), { workers: 1 });
  const { artifact } = quantize(trained.prepared, toArtifact(trained.prepared, trained.parameters, { name: 'tiny', ...about }));
  expect(() => quantize(trained.prepared, artifact)).toThrow(/'tiny' is quantized already: '\w+\/\w+' is int8/);
});
