import * as tf from '@tensorflow/tfjs-core';
import { interleave } from './interleave.ts';
import { startWithStock } from './stock-kernels.ts';

export interface GemmRow {
  M: number;
  N: number;
  K: number;
  transposeA: boolean;
  transposeB: boolean;
  ms: Record<'unroll' | 'tfjs-wasm', number>;
  gflops: Record<'unroll' | 'tfjs-wasm', number>;
  /** Time of stock tfjs over ours. */
  ratio: Record<'tfjs-wasm', number>;
}

/** The products of one LSTM training step (B32 T100 I64 H128): input projection, recurrent step, and their gradients. */
const shapes: [M: number, N: number, K: number, transposeA: boolean, transposeB: boolean][] = [
  [3200, 512, 64, false, false],
  [32, 512, 128, false, false],
  [32, 128, 512, false, true],
  [64, 512, 3200, true, false],
  [256, 256, 256, false, false],
];

/** matMul through tfjs on one thread: our GEMM kernel against the one that tfjs's WASM backend ships. */
export async function gemm({ quick }: { quick: boolean }): Promise<GemmRow[]> {
  const stock = await startWithStock();
  const ours = tf.getKernel('BatchMatMul', 'wasm') as tf.KernelConfig;
  const theirs = stock.run(() => tf.getKernel('BatchMatMul', 'wasm')) as tf.KernelConfig;
  const backend = tf.backend();

  return shapes.map(([M, N, K, transposeA, transposeB]) => {
    const a = tf.randomNormal(transposeA ? [K, M] : [M, K]);
    const b = tf.randomNormal(transposeB ? [N, K] : [K, N]);
    const flops = 2 * M * N * K;
    const repeats = Math.max(1, Math.round((quick ? 5e6 : 5e7) / flops));
    const inputs = { a: asBatchOfOne(a), b: asBatchOfOne(b) };
    const run = (kernel: tf.KernelConfig) => () => {
      for (let i = 0; i < repeats; i++) {
        const out = kernel.kernelFunc({ inputs, attrs: { transposeA, transposeB }, backend }) as tf.TensorInfo;
        backend.disposeData(out.dataId);
      }
    };
    const totals = interleave({ unroll: run(ours), 'tfjs-wasm': run(theirs) }, quick ? 7 : 15);
    tf.dispose([a, b]);
    const ms = { unroll: (totals.unroll as number) / repeats, 'tfjs-wasm': (totals['tfjs-wasm'] as number) / repeats };
    const gflops = { unroll: flops / ms.unroll / 1e6, 'tfjs-wasm': flops / ms['tfjs-wasm'] / 1e6 };
    return { M, N, K, transposeA, transposeB, ms, gflops, ratio: { 'tfjs-wasm': ms['tfjs-wasm'] / ms.unroll } };
  });
}

/** The rank-3 view that tfjs itself hands to BatchMatMul. */
const asBatchOfOne = ({ dataId, shape, dtype }: tf.Tensor): tf.TensorInfo => ({ dataId, shape: [1, ...shape], dtype });
