/** The models and inputs of goldens/attention.json. */
import * as tf from '@tensorflow/tfjs-core';
import type { Activations } from '../src/layers/layer.ts';
import { createModel, type Model } from '../src/model.ts';
import { type ModelSpecInput, parseModelSpec } from '../src/spec.ts';
import { wave } from './golden-formulas.ts';

/** A layer of attention.json. */
interface Entry {
  spec: object;
  /** Shapes of query, value and key. */
  inputs: number[][];
  masks: { query?: number[][]; value?: number[][] };
}

const names = ['query', 'value', 'key'] as const;

/** A model of one attention layer that reads its query, value and key, and their waves. */
export function attentionCase({ spec, inputs, masks }: Entry): { model: Model; inputs: Record<string, Activations> } {
  const read = names.slice(0, inputs.length);
  const sizes = inputs.map(([, , features = 0]) => ({ type: 'features' as const, features, maxLength: 10 }));
  const model = createModel(
    parseModelSpec({
      inputs: Object.fromEntries(read.map((name, i) => [name, sizes[i]])) as Required<ModelSpecInput>['inputs'],
      layers: [{ ...spec, from: read } as ModelSpecInput['layers'][number]],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
  );
  const given = read.map((name, i): [string, Activations] => {
    const padded = name === 'query' ? masks.query : masks.value;
    return [name, { values: wave(inputs[i] as number[], i + 0.5), mask: padded && tf.cast(tf.tensor2d(padded), 'bool') }];
  });
  return { model, inputs: Object.fromEntries(given) };
}
