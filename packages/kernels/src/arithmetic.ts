import { instantiateKernels } from './instantiate.ts';

/** The arithmetic that a model file can name: float32 weights, or int8 weights with activations of 14 or 7 bits. */
export const arithmetics = ['float32', '14-bit', '7-bit'] as const;
export type Arithmetic = (typeof arithmetics)[number];

/** C[M,N] = A[M,K]·B[K,N] in small integers. */
const [M, N, K] = [2, 3, 5];
const a = [1, -2, 3, 63, 5, 9, 8, -7, 6, 63];
const b = [1, 2, 3, -4, 5, 6, 7, 8, -9, 10, 11, 12, 13, -14, 15];
const expected = Array.from({ length: M * N }, (_, i) => {
  const [row, column] = [Math.floor(i / N), i % N];
  return Array.from({ length: K }, (_, k) => (a[row * K + k] as number) * (b[k * N + column] as number)).reduce((sum, term) => sum + term);
});

/** Multiplies two small matrices in each arithmetic; whether the build gets each product right. */
export function testArithmetic(module: WebAssembly.Module): Record<Arithmetic, boolean> {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const kernels = instantiateKernels(module, memory, 64);
  const [rows, columns, scales, product, packed, workspace] = [1024, 1280, 1536, 1792, 2048, 4096] as const;
  new Float32Array(memory.buffer, rows, a.length).set(a);
  new Float32Array(memory.buffer, scales, N).fill(1);

  const multiply = (arithmetic: Arithmetic) => {
    new Float32Array(memory.buffer, product, M * N).fill(Number.NaN);
    if (arithmetic === 'float32') {
      new Float32Array(memory.buffer, columns, b.length).set(b);
      kernels.gemm({ M, N, K, a: rows, b: columns, c: product, workspace });
    } else {
      new Int8Array(memory.buffer, columns, b.length).set(b);
      kernels.packInt8({ K, gates: 1, H: N, bits: arithmetic === '14-bit' ? 14 : 7, values: columns, scales, to: packed });
      kernels.matMulInt8({ M, N, K, a: rows, b: packed, c: product, workspace });
    }
    return Array.from(new Float32Array(memory.buffer, product, M * N));
  };
  const isRight = (arithmetic: Arithmetic) => {
    const actual = multiply(arithmetic);
    return expected.every((value, i) => Math.abs((actual[i] as number) - value) <= 1);
  };
  return { float32: isRight('float32'), '14-bit': isRight('14-bit'), '7-bit': isRight('7-bit') };
}
