/** Some random graphs against Keras 3, outputs and gradients; seed 55 has maxima that tie. `npm run random-graphs` compares hundreds. */
import '@unroll/backend/gradients.ts';
import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { beforeAll, expect, test } from 'vitest';
import golden from '../../goldens/random-graphs.json' with { type: 'json' };
import { type Answer, errorsOf, ourAnswer } from '../../testing/random-graphs/answers.ts';
import { drawGraph, type RandomGraph } from '../../testing/random-graphs/draw.ts';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const graphs = golden as unknown as { graph: RandomGraph; keras: Answer }[];

test.each(graphs.map(({ graph, keras }) => [graph.seed, graph, keras] as const))('seed %i', (_, graph, keras) => {
  const ours = ourAnswer(graph);
  expect(ours.shape).toEqual(keras.shape);
  for (const { tensor, error } of errorsOf(ours, keras)) expect(error, tensor).toBeLessThan(1e-5);
});

test('every drawn graph is a valid model, the same for the same seed', () => {
  for (let seed = 1; seed <= 300; seed++) {
    const graph = drawGraph(seed);
    expect(drawGraph(seed)).toEqual(graph);
    createModel(parseModelSpec(graph.spec));
  }
});
