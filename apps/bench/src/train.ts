import '@unroll/backend/gradients.ts';
import * as tf from '@tensorflow/tfjs-core';
import { layers } from '@tensorflow/tfjs-layers';
import { createModel } from '@unroll/model/model.ts';
import { parseModelSpec } from '@unroll/model/spec.ts';
import { interleave } from './interleave.ts';
import { startWithStock } from './stock-kernels.ts';

export interface TrainRow {
  cell: 'lstm' | 'gru' | 'simpleRNN';
  B: number;
  T: number;
  I: number;
  H: number;
  ms: Record<'unroll' | 'tfjs-layers', number>;
  /** Time of stock tfjs over ours. */
  ratio: Record<'tfjs-layers', number>;
}

const shapes = [
  [32, 100, 32, 32],
  [32, 100, 64, 128],
  [32, 100, 128, 256],
] as const;

/**
 * A training step of one recurrent layer, forward and backward with the input's gradient, all steps returned:
 * packages/model on our fused ops against tfjs-layers on tfjs's own WASM kernels. One thread.
 */
export async function train({ quick }: { quick: boolean }): Promise<TrainRow[]> {
  const stock = await startWithStock();
  const rows: TrainRow[] = [];
  for (const [B, T, I, H] of shapes.slice(0, quick ? 2 : 3)) {
    for (const cell of ['lstm', 'gru', 'simpleRNN'] as const) {
      const x = tf.randomNormal([B, T, I]);
      const weight = tf.randomNormal([B, T, H]);
      const contestants = {
        unroll: ourStep(cell, x, weight, [I, H]),
        'tfjs-layers': () => stock.run(stockStep(cell, x, weight, H)),
      };
      const ms = interleave(contestants, quick || H > 128 ? 3 : 5) as TrainRow['ms'];
      rows.push({ cell, B, T, I, H, ms, ratio: { 'tfjs-layers': ms['tfjs-layers'] / ms.unroll } });
      tf.dispose([x, weight]);
    }
  }
  return rows;
}

type Step = () => void;

function ourStep(cell: TrainRow['cell'], x: tf.Tensor, weight: tf.Tensor, [I, H]: [number, number]): Step {
  const model = createModel(
    parseModelSpec({
      input: { type: 'features', features: I, maxLength: 1000 },
      layers: [{ type: cell, units: H, returnSequences: true }],
      task: { type: 'classify', labels: ['a', 'b'] },
    }),
  );
  const init = model.init(1);
  const params = model.weights.map(({ name, shape }) => tf.tensor(init[name] as Float32Array, shape));
  const names = model.weights.map(({ name }) => name);
  const loss = (input: tf.Tensor, ...weights: tf.Tensor[]) => {
    const { outputs } = model.apply(Object.fromEntries(names.map((name, i) => [name, weights[i] as tf.Tensor])), input);
    return tf.sum(tf.mul(outputs, weight)) as tf.Scalar;
  };
  return () =>
    tf.tidy(
      () =>
        void tf
          .valueAndGrads((...all: tf.Tensor[]) => loss(...(all as [tf.Tensor])))([x, ...params])
          .value.dataSync(),
    );
}

function stockStep(cell: TrainRow['cell'], x: tf.Tensor, weight: tf.Tensor, units: number): Step {
  // Its orthogonal initializer wants the chained methods of the whole @tensorflow/tfjs.
  const options = { units, returnSequences: true, recurrentInitializer: 'glorotUniform' } as const;
  // tfjs-layers' own default, hardSigmoid, would be another function; resetAfter it cannot do at all.
  const gated = { ...options, recurrentActivation: 'sigmoid' } as const;
  const layer = cell === 'lstm' ? layers.lstm(gated) : cell === 'gru' ? layers.gru(gated) : layers.simpleRNN(options);
  // Builds the weights.
  tf.dispose(layer.apply(x) as tf.Tensor);
  const variables = layer.trainableWeights.map((each) => each.read());
  return () =>
    tf.tidy(() => {
      const loss = () => tf.sum(tf.mul(layer.apply(x) as tf.Tensor, weight)) as tf.Scalar;
      tf.engine()
        .gradients(loss, [x, ...variables])
        .value.dataSync();
    });
}
