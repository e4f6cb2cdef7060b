import { compileWasmModules } from '@unroll/backend/node.ts';
import { startWasmBackend } from '@unroll/backend/wasm.ts';
import { addingProblem } from '@unroll/datasets/adding-problem.ts';
import { flatten, layoutOf } from '@unroll/model/layout.ts';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { prepare } from '../data/prepare.ts';
import { type Recipe, recipeSchema } from '../recipe/recipe.ts';
import adding from '../recipes/adding.ts';
import tinyWriter from '../testing/tiny-writer.ts';
import { diagnose } from './gradients-over-time.ts';
import { cellNames, withCell } from './with-cell.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const STEPS = 60;
const recipe: Recipe = v.parse(recipeSchema, {
  ...adding,
  data: { ...adding.data, load: (dice: Parameters<typeof addingProblem>[1]) => addingProblem({ samples: 400, steps: STEPS }, dice) },
});

function initial(of: Recipe, change: (name: string, values: Float32Array) => void = () => {}) {
  const prepared = prepare(of, 1);
  const layout = layoutOf(prepared.model.weights);
  const parameters = new Float32Array(layout.length);
  const init = prepared.model.init(1);
  for (const [name, values] of Object.entries(init)) change(name, values);
  flatten(layout, init, parameters);
  return { prepared, parameters };
}

describe('diagnose', () => {
  test.each(cellNames)('has a norm for every step of the %s, and for every layer', (cell) => {
    const { prepared, parameters } = initial(withCell(recipe, cell));
    const { overTime, layers, loss } = diagnose(prepared, parameters);
    expect(Object.values(overTime)[0]).toHaveLength(STEPS);
    expect(layers.map(({ name }) => name)).toEqual([`${cell}_0`, 'dense_0']);
    for (const { activation, gradient } of layers) expect(Math.min(activation, gradient)).toBeGreaterThan(0);
    expect(loss).toBeGreaterThan(0);
  });

  test('recurrent weights of half an orthogonal matrix make gradients vanish, of three times one explode', () => {
    const scaled = (factor: number) => {
      const rnn = initial(withCell(recipe, 'simpleRNN'), (name, values) => {
        // Without inputs states stay zero, where tanh is linear and dL/dh_t = factor^steps.
        const by = name.endsWith('/recurrentKernel') ? factor : name.endsWith('_0/kernel') && name.startsWith('simple') ? 0 : 1;
        for (const [i, value] of values.entries()) values[i] = value * by;
      });
      const [curve = []] = Object.values(diagnose(rnn.prepared, rnn.parameters).overTime);
      return (curve[10] as number) / (curve[0] as number);
    };
    expect(scaled(0.5) / 0.5 ** 10).toBeCloseTo(1, 2);
    expect(scaled(3) / 3 ** 10).toBeCloseTo(1, 1);
  });

  test('reads windows of a language model', () => {
    const { prepared, parameters } = initial(v.parse(recipeSchema, tinyWriter));
    const { overTime } = diagnose(prepared, parameters);
    expect(Object.keys(overTime)).toEqual(['lstm_0', 'gru_0']);
    expect(overTime.lstm_0).toHaveLength(50);
  });
});

test('withCell keeps units and dropout, and reaches into bidirectional layers', () => {
  const layers = [{ type: 'bidirectional', layer: { type: 'lstm', units: 3, recurrentDropout: 0.5, unitForgetBias: false } }];
  const spec = { input: { type: 'tokens', maxLength: 1 }, layers, task: { type: 'generate' } };
  const changed = withCell({ ...recipe, model: () => spec as ReturnType<Recipe['model']> }, 'gru').model(
    {} as Parameters<Recipe['model']>[0],
    {},
  );
  expect(changed.layers).toEqual([{ type: 'bidirectional', layer: { type: 'gru', units: 3, recurrentDropout: 0.5 } }]);
});
