import { describe, expect, test } from 'vitest';
import { createModel } from './model.ts';
import { type ModelSpecInput, parseModelSpec } from './spec.ts';
import { taskOf } from './tasks/registry.ts';

const good = {
  input: { type: 'tokens', maxLength: 20 },
  layers: [
    { type: 'embedding', inputDim: 10, outputDim: 4 },
    { type: 'lstm', units: 3 },
    { type: 'dense', units: 1 },
  ],
  task: { type: 'classify', labels: ['no', 'yes'] },
};

test('defaults are Keras 3 defaults', () => {
  const { layers } = parseModelSpec({
    ...good,
    layers: [
      { type: 'lstm', units: 3 },
      { type: 'gru', units: 3 },
      { type: 'dense', units: 1 },
    ],
  });
  expect(layers[0]).toMatchObject({
    activation: 'tanh',
    recurrentActivation: 'sigmoid',
    unitForgetBias: true,
    useBias: true,
    kernelInitializer: 'glorotUniform',
    recurrentInitializer: 'orthogonal',
    returnSequences: false,
  });
  expect(layers[1]).toMatchObject({ resetAfter: true });
  expect(layers[2]).toMatchObject({ activation: 'linear', useBias: true });
});

describe('a wrong spec is refused with the nearest valid name', () => {
  const withLayers = (...layers: object[]) => ({ ...good, layers });
  const cases: [string, unknown, string][] = [
    ['a mistyped key', withLayers({ type: 'lstm', unitz: 3 }), "layers[0]: unknown key 'unitz'. Did you mean 'units'?"],
    ['a mistyped layer', withLayers({ type: 'ltsm', units: 3 }), 'layers[0].type: unknown type "ltsm". Did you mean \'lstm\'?'],
    [
      'a mistyped activation',
      withLayers({ type: 'dense', units: 1, activation: 'sigmod' }),
      'layers[0].activation: "sigmod" is not valid. Did you mean \'sigmoid\'?',
    ],
    [
      'a mistyped activation with options',
      withLayers({ type: 'lstm', units: 1, recurrentActivation: { type: 'elo', alpha: 1 } }),
      'layers[0].recurrentActivation.type: unknown type "elo". Did you mean \'elu\'?',
    ],
    [
      'a mistyped option of an activation',
      withLayers({ type: 'dense', units: 1, activation: { type: 'leakyRelu', slope: 1 } }),
      "layers[0].activation: unknown key 'slope'.",
    ],
    [
      'a key far from any',
      withLayers({ type: 'activation', activation: 'relu', xyzzy: 1 }),
      "unknown key 'xyzzy'. Valid are: type, name, from, trainable, activation.",
    ],
    [
      'a key inside bidirectional',
      withLayers({ type: 'bidirectional', layer: { type: 'gru', units: 2, dropOut: 0.1 } }),
      "layers[0].layer: unknown key 'dropOut'. Did you mean 'dropout'?",
    ],
    ['a key at the top', { ...good, layer: [] }, "top level: unknown key 'layer'. Did you mean 'layers'?"],
    ['units of zero', withLayers({ type: 'lstm', units: 0 }), 'layers[0].units: '],
    ['dropout of one', withLayers({ type: 'lstm', units: 2, dropout: 1 }), 'layers[0].dropout: '],
    ['an unknown task', { ...good, task: { type: 'clasify', labels: ['a', 'b'] } }, 'unknown type "clasify". Did you mean \'classify\'?'],
    ['no layers', withLayers(), 'layers: '],
    ['nothing', undefined, 'top level: '],
  ];
  test.each(cases)('%s', (_, spec, message) => {
    expect(() => parseModelSpec(spec)).toThrow(message);
  });
});

describe('sizes that do not fit are refused by layer', () => {
  const build = (layers: ModelSpecInput['layers'], labels = ['no', 'yes']) =>
    createModel(parseModelSpec({ ...good, layers, task: { type: 'classify', labels } }));

  test('a recurrent layer on a vector', () => {
    expect(() =>
      build([
        { type: 'embedding', inputDim: 5, outputDim: 2 },
        { type: 'lstm', units: 3 },
        { type: 'gru', units: 2 },
      ]),
    ).toThrow("layer 2 'gru_0': expected a sequence [batch, time, n], got a vector [batch, 3]");
  });

  test('a dense layer on ids', () => {
    expect(() => build([{ type: 'dense', units: 3 }])).toThrow(
      "layer 0 'dense_0': expected a vector [batch, n] or a sequence [batch, time, n], got ids",
    );
  });

  test('goBackwards inside bidirectional', () => {
    expect(() =>
      build([
        { type: 'embedding', inputDim: 5, outputDim: 2 },
        { type: 'bidirectional', layer: { type: 'gru', units: 2, goBackwards: true } },
      ]),
    ).toThrow("layer 1 'bidirectional_0': goBackwards");
  });

  test('two layers of one name', () => {
    expect(() =>
      build([
        { type: 'embedding', name: 'x', inputDim: 5, outputDim: 2 },
        { type: 'gru', name: 'x', units: 2 },
      ]),
    ).toThrow("two layers are named 'x'");
  });

  test('a task that needs other outputs', () => {
    const model = build(
      [
        { type: 'embedding', inputDim: 5, outputDim: 2 },
        { type: 'gru', units: 4 },
      ],
      ['a', 'b', 'c'],
    );
    expect(() => taskOf(model)).toThrow("task 'classify': expected the last layer to give 3 units for labels [a,b,c], got 4 units");
    const sequence = build([{ type: 'embedding', inputDim: 5, outputDim: 2 }]);
    expect(() => taskOf(sequence)).toThrow('expected the last layer to give 1 or 2 units for labels [no,yes], got a sequence');
  });
});
