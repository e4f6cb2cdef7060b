/** The packing runs on any backend, so it is tested without a GPU: against its twin, and by cuDNN's equations against our kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { type RecurrentAttrs, runRecurrent } from '@unroll/ops/recurrent-op.ts';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { packNaively, runNaively } from '../../../testing/cudnn-twin.ts';
import { compileWasmModules } from '../wasm/compile.ts';
import { startWasmBackend } from '../wasm/start.ts';
import { type CudnnMode, gateOrder, pack, unpack } from './cudnn-packing.ts';

beforeAll(() => startWasmBackend(compileWasmModules()));

const cells: Record<CudnnMode, RecurrentAttrs['cell']> = { lstm: 'lstm', gru: 'gruResetAfter', rnn_tanh: 'rnnTanh', rnn_relu: 'rnnRelu' };
const modes = Object.keys(gateOrder) as CudnnMode[];
const size = fc.integer({ min: 1, max: 9 });
const sizes = fc.record({ T: size, B: size, I: size, H: size });

const wave = (shape: number[], phase: number) =>
  tf.tensor(
    Float32Array.from({ length: tf.util.sizeFromShape(shape) }, (_, i) => Math.sin(i * 1.7 + phase) * 0.6),
    shape,
  );

function weights(mode: CudnnMode, I: number, H: number): { w: tf.Tensor; u: tf.Tensor; bias: tf.Tensor } {
  const columns = gateOrder[mode].length * H;
  return { w: wave([I, columns], 1), u: wave([H, columns], 2), bias: wave(mode === 'gru' ? [2, columns] : [columns], 3) };
}

test.each(modes)('%s: packed as by its twin, and unpacked again', (mode) => {
  fc.assert(
    fc.property(sizes, (each) => {
      const { I, H } = each;
      tf.tidy(() => {
        const { w, u, bias } = weights(mode, I, H);
        const packed = pack(mode, w, u, bias);
        expect(packed.dataSync()).toEqual(packNaively(mode, w.dataSync(), u.dataSync(), bias.dataSync(), each));
        const again = unpack(mode, packed, I, H);
        for (const [name, value] of Object.entries({ w, u, bias })) {
          expect(again[name as 'w'].shape).toEqual(value.shape);
          expect(again[name as 'w'].dataSync()).toEqual(value.dataSync());
        }
      });
    }),
    { numRuns: 30 },
  );
});

test.each(modes)("%s: cuDNN's equations on packed parameters give what our kernels give", (mode) => {
  fc.assert(
    fc.property(sizes, (each) => {
      const { T, B, I, H } = each;
      tf.tidy(() => {
        const { w, u, bias } = weights(mode, I, H);
        const x = wave([B, T, I], 4);
        const attrs = { cell: cells[mode], units: H, reverse: false, output: 'sequence' } as const;
        const expected = tf.transpose(runRecurrent({ x, w, u, bias }, {}, attrs), [1, 0, 2]).dataSync();
        const packed = pack(mode, w, u, bias).dataSync() as Float32Array;
        const actual = runNaively(mode, tf.transpose(x, [1, 0, 2]).dataSync(), packed, each);
        for (const [i, value] of actual.entries()) expect(value).toBeCloseTo(expected[i] as number, 4);
      });
    }),
    { numRuns: 30 },
  );
});
