import * as tf from '@tensorflow/tfjs-core';
import { type Heap, registerOp, withWorkspace } from './heap.ts';

type Operands = {
  a: tf.TensorInfo;
  b: tf.TensorInfo;
  bias?: tf.TensorInfo;
  preluActivationWeights?: tf.TensorInfo;
};

/** Replaces tfjs's BatchMatMul and _FusedMatMul by the blocked GEMM kernel, for every shape tfjs allows. */
export function registerMatMul(heap: Heap): void {
  registerOp(heap, 'BatchMatMul', ({ inputs, attrs }) => {
    const { a, b } = inputs as Operands;
    return batchMatMul(heap, a, b, attrs as unknown as tf.BatchMatMulAttrs);
  });
  registerOp(heap, '_FusedMatMul', ({ inputs, attrs, backend }) => {
    const { a, b, bias, preluActivationWeights } = inputs as Operands;
    const fused = attrs as unknown as tf._FusedMatMulAttrs;
    const product = batchMatMul(heap, a, b, fused, bias);
    return activate(product, fused, preluActivationWeights, backend as tf.KernelBackend);
  });
}

/** a [...,M,K] · b [...,K,N] (or transposed in their last two axes) + bias [N]; leading axes broadcast. */
function batchMatMul(
  heap: Heap,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean },
  bias?: tf.TensorInfo | undefined,
): tf.TensorInfo {
  if (a.dtype !== 'float32' || b.dtype !== 'float32') {
    throw new Error(`matMul: expected float32 operands, got ${a.dtype} and ${b.dtype}; cast them first`);
  }
  const [M, K] = matrixOf(a.shape, transposeA);
  const [bRows, N] = matrixOf(b.shape, transposeB);
  if (K !== bRows) {
    throw new Error(
      `matMul: inner sizes differ: [${a.shape}]${transposeA ? 'ᵀ' : ''} · [${b.shape}]${transposeB ? 'ᵀ' : ''} (${K} and ${bRows})`,
    );
  }
  if (bias && tf.util.sizeFromShape(bias.shape) !== N) {
    throw new Error(`matMul: expected a bias of ${N} values, got shape [${bias.shape}]`);
  }
  const batchA = a.shape.slice(0, -2);
  const batchB = b.shape.slice(0, -2);
  const batch = tf.broadcast_util.assertAndGetBroadcastShape(batchA, batchB);
  const out = heap.makeOutput([...batch, M, N]);
  const products = tf.util.sizeFromShape(batch);
  if (products === 0 || M === 0 || N === 0) return out;

  const { kernels } = heap;
  const addresses = { a: heap.address(a), b: heap.address(b), bias: bias ? heap.address(bias) : 0, out: heap.address(out) };
  const offsetA = batchOffsets(batchA, batch);
  const offsetB = batchOffsets(batchB, batch);
  withWorkspace(heap, kernels.gemmWorkspaceBytes(M, N, K, transposeA), (workspace) => {
    for (let i = 0; i < products; i++) {
      kernels.gemm({
        M,
        N,
        K,
        a: addresses.a + offsetA(i) * M * K * 4,
        transposeA,
        b: addresses.b + offsetB(i) * K * N * 4,
        transposeB,
        bias: addresses.bias,
        c: addresses.out + i * M * N * 4,
        workspace,
      });
    }
  });
  return out;
}

/** Rows and columns of a tensor's last two axes, after transposing. */
function matrixOf(shape: number[], transpose: boolean): [number, number] {
  const rows = shape.at(-2) ?? 1;
  const columns = shape.at(-1) ?? 1;
  return transpose ? [columns, rows] : [rows, columns];
}

/** Maps the index of a product in the broadcast batch to the index of its operand in the operand's own batch. */
function batchOffsets(own: number[], broadcast: number[]): (index: number) => number {
  const strides = tf.util.computeStrides([...broadcast, 1]);
  const ownStrides = tf.util.computeStrides([...own, 1]);
  const missing = broadcast.length - own.length;
  return (index) => {
    let offset = 0;
    for (const [axis, size] of own.entries()) {
      const stride = strides[axis + missing] ?? 1;
      const coordinate = Math.floor(index / stride) % (broadcast[axis + missing] ?? 1);
      if (size > 1) offset += coordinate * (ownStrides[axis] ?? 1);
    }
    return offset;
  };
}

const activationKernels: Record<string, string> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  sigmoid: 'Sigmoid',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
};

/** Applies the activation of a fused product through tfjs's own kernel of that name. */
function activate(
  x: tf.TensorInfo,
  { activation, leakyreluAlpha }: tf._FusedMatMulAttrs,
  alpha: tf.TensorInfo | undefined,
  backend: tf.KernelBackend,
): tf.TensorInfo {
  if (activation === 'linear') return x;
  const name = activationKernels[activation];
  const kernel = name && tf.getKernel(name, 'wasm');
  if (!kernel) throw new Error(`fused matMul: activation '${activation}' has no kernel on this backend`);
  const inputs = activation === 'prelu' ? { x, alpha } : { x };
  const attrs: tf.NamedAttrMap = activation === 'leakyrelu' ? { alpha: leakyreluAlpha ?? 0.2 } : {};
  const y = kernel.kernelFunc({ inputs: inputs as tf.NamedTensorInfoMap, attrs, backend });
  backend.disposeData(x.dataId);
  return Array.isArray(y) ? (y[0] as tf.TensorInfo) : y;
}
