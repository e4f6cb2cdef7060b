import { describe, expect, test } from 'vitest';
import { createModel } from '../model.ts';
import { parseModelSpec } from '../spec.ts';

const build = (spec: object) => createModel(parseModelSpec(spec));
const task = { type: 'classify', labels: ['a', 'b'] } as const;
const tokens = { type: 'tokens', maxLength: 20 } as const;
const embedding = (from: string) => ({ type: 'embedding', from, inputDim: 9, outputDim: 4 }) as const;

describe('a graph that does not fit is refused', () => {
  const first = embedding('input');
  const layersOf =
    (...layers: object[]) =>
    () =>
      build({ input: tokens, layers: [first, ...layers], task });
  const cases: [string, () => unknown, string][] = [
    [
      'an unknown name',
      layersOf({ type: 'gru', units: 2, from: 'embeding_0' }),
      "layer 1 'gru_0': from: there is no layer or input 'embeding_0'. Did you mean 'embedding_0'?",
    ],
    [
      'an unknown initial state',
      layersOf({ type: 'gru', units: 2, initialState: 'encoder' }),
      "layer 1 'gru_0': initialState: there is no layer or input 'encoder'. Valid are: input, embedding_0, gru_0.",
    ],
    [
      'a circle',
      layersOf(
        { type: 'gru', name: 'a', units: 4, returnSequences: true, from: 'b' },
        { type: 'gru', name: 'b', units: 4, returnSequences: true, from: 'a' },
        { type: 'add', from: ['a', 'embedding_0'] },
      ),
      'layers read each other in a circle: a ← b ← a',
    ],
    [
      'a layer that reads itself',
      layersOf({ type: 'gru', name: 'a', units: 4, initialState: 'a' }),
      'layers read each other in a circle: a ← a',
    ],
    [
      'an unused output',
      layersOf({ type: 'gru', units: 2 }, { type: 'gru', units: 3, from: 'embedding_0' }),
      "layer 1 'gru_0': its output is unused; name it in the 'from' of another layer, make it an output or remove it",
    ],
    [
      'widths that differ',
      layersOf({ type: 'gru', units: 2, returnSequences: true }, { type: 'add', from: ['embedding_0', 'gru_0'] }),
      "layer 2 'add_0': expected inputs of one width, got 4, 2 features",
    ],
    [
      'kinds that differ',
      layersOf({ type: 'gru', units: 4 }, { type: 'add', from: ['embedding_0', 'gru_0'] }),
      'expected sequences only or vectors only, got both',
    ],
    ['a merge of one', layersOf({ type: 'add' }), "layer 1 'add_0': expected at least two inputs, got 1"],
    [
      'two inputs for a layer of one',
      layersOf({ type: 'gru', units: 2, from: ['embedding_0', 'embedding_0'] }),
      "layer 1 'gru_0': it reads one input, got 2",
    ],
    [
      'a state of another width',
      layersOf({ type: 'gru', units: 2 }, { type: 'lstm', units: 3, from: 'embedding_0', initialState: 'gru_0' }),
      "layer 2 'lstm_0': initialState: expected [batch, 3] and [batch, 3], got [batch, 2] from 'gru_0'",
    ],
    [
      'a state from a sequence',
      layersOf({ type: 'gru', units: 4, initialState: 'embedding_0' }),
      "initialState: expected a recurrent layer or a vector [batch, n], got a sequence [batch, time, 4] from 'embedding_0'",
    ],
    [
      'reuse of a layer on another width',
      layersOf({ type: 'dense', units: 2 }, { type: 'reuse', layer: 'dense_0' }),
      "layer 2 'reuse_0': expected inputs as 'dense_0' reads them: its kernel is [4,2], these inputs need [2,2]",
    ],
    ['reuse of an unknown layer', layersOf({ type: 'reuse', layer: 'gru' }), "layer 1 'reuse_0': there is no layer 'gru'."],
    [
      'reuse of batch statistics',
      layersOf({ type: 'batchNormalization' }, { type: 'reuse', layer: 'batchNormalization_0' }),
      "layer 2 'reuse_0': 'batchNormalization_0' follows averages of its inputs (movingMean), so it cannot be reused on others",
    ],
    [
      'logits tied to another layer',
      layersOf({ type: 'gru', units: 4 }, { type: 'tiedDense', embedding: 'gru_0' }),
      "expected the name of an embedding, got 'gru_0' (gru)",
    ],
    [
      'logits tied to another width',
      layersOf({ type: 'gru', units: 3 }, { type: 'tiedDense', embedding: 'embedding_0' }),
      "expected 4 features, the outputDim of embedding 'embedding_0', got 3",
    ],
    [
      'a layer named as the input',
      layersOf({ type: 'gru', name: 'input', units: 2 }),
      "a layer and an input are named 'input'; rename one",
    ],
    [
      'input and inputs',
      () => build({ input: tokens, inputs: { a: tokens }, layers: [first], task }),
      "expected either 'input' or 'inputs'",
    ],
    ['no task', () => build({ input: tokens, layers: [first] }), "expected either 'task' or 'outputs'"],
    [
      'a first layer that does not say what it reads',
      () => build({ inputs: { a: tokens, b: tokens }, layers: [{ type: 'embedding', inputDim: 9, outputDim: 4 }], task }),
      "layer 0 'embedding_0': the model has several inputs; say which one it reads: from: 'a' or 'b'",
    ],
    [
      'an unused input',
      () => build({ inputs: { a: tokens, b: tokens }, layers: [embedding('a')], task }),
      "inputs: no layer reads 'b'; name it in the 'from' of a layer or remove it",
    ],
    [
      'outputs of two kinds',
      () =>
        build({
          input: tokens,
          layers: [first, { type: 'gru', units: 2 }],
          outputs: { a: { from: 'embedding_0', task }, b: { from: 'gru_0', task } },
        }),
      'outputs: expected sequences only or vectors only',
    ],
    [
      'an output of an unknown layer',
      () => build({ input: tokens, layers: [first], outputs: { a: { from: 'embedding', task } } }),
      "outputs: there is no layer or input 'embedding'. Did you mean 'embedding_0'?",
    ],
  ];
  test.each(cases)('%s', (_, attempt, message) => {
    expect(attempt).toThrow(message);
  });
});
